-- Numbers: divisions, sources and distributions.

-- Binance's own rows: only their volume and their takers are Binance's
create or replace macro is_binance(source) as source in ('binance', 'binance_archive');

-- NULL where a division has no answer, never infinity or NaN
create or replace macro ratio(numerator, denominator) as
    numerator / nullif(denominator, 0);

-- numpy's NaN and infinity are no numbers here
create or replace macro finite_or_null(x) as case when isfinite(x) then x end;

-- erf by Abramowitz and Stegun 7.1.26, off by less than 1.5e-7
create or replace macro erf_tail(t) as
    ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t
        + 0.254829592) * t;
create or replace macro erf(z) as
    sign(z) * (1 - erf_tail(1 / (1 + 0.3275911 * abs(z))) * exp(-z * z));

-- bulk volume classification: 2 * Phi(v) - 1, from -1 to 1
create or replace macro bulk_volume_share(v) as erf(v / sqrt(2));

-- The sum of volumes, which Binance gives with up to 8 decimals: exact, so that it does
-- not matter in which order they come
create or replace macro exact_sum(x) as
    cast(sum(cast(x as decimal(38, 8))) as double);
