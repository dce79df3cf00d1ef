-- Formulas that several models share. Each one works on relations that hold `symbol`,
-- `interval` and `bar` (0 for a series' first bar), and looks only backwards.
-- Frames whose bounds are expressions are more than the linter can parse.
-- noqa: disable=PRS

-- the day on the US East coast of a UTC instant: sessions and ex-dates count in it
create or replace macro eastern_date(instant) as
    cast(timezone('America/New_York', timezone('UTC', instant)) as date);

-- the day of a UTC instant in any zone
create or replace macro zone_date(instant, zone) as
    cast(timezone(zone, timezone('UTC', instant)) as date);

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

-- the share of a day's turnover bought on balance: 2 * Phi(v) - 1, from -1 to 1
create or replace macro bulk_volume_share(v) as erf(v / sqrt(2));

-- Averages with a memory, without recursion: e = r * e + (1 - r) * x, seeded at bar
-- `seed` with the mean of the last n. Divided by r ** k inside a block of 2,048 bars it
-- is a running sum, the block before adds its own, older bars are below precision.
-- Good for EMA periods of 7 to 100 and Wilder periods of 4 to 50.
create or replace macro ema_term(x, r, n, seed) as
    x * case
        when bar > seed then (1 - r) / r ** (bar % 2048)
        when bar > seed - n then 1 / n / r ** seed
        else 0
    end;
create or replace macro ema_by_blocks(x, r, n, seed) as
    case when bar >= seed then r ** (bar % 2048) * (
        sum(ema_term(x, r, n, seed)) over (
            partition by symbol, interval order by bar rows bar % 2048 preceding
        )
        + r ** 2048 * coalesce(sum(ema_term(x, r, n, seed)) over (
            partition by symbol, interval order by bar
            rows between bar % 2048 + 2048 preceding and bar % 2048 + 1 preceding
        ), 0)
    ) end;
create or replace macro ema(x, n, seed) as ema_by_blocks(x, (n - 1) / (n + 1), n, seed);
create or replace macro wilder(x, n) as ema_by_blocks(x, (n - 1) / n, n, n);

-- over the last n bars, NULL until there are n; the first bar that has x is `first_bar`
create or replace macro mean_of_last(x, n, first_bar) as
    case when bar >= first_bar + n - 1 then avg(x) over (
        partition by symbol, interval order by bar rows n - 1 preceding
    ) end;
create or replace macro total_of_last(x, n, first_bar) as
    case when bar >= first_bar + n - 1 then sum(x) over (
        partition by symbol, interval order by bar rows n - 1 preceding
    ) end;
create or replace macro population_deviation(x, n) as
    case when bar >= n - 1 then stddev_pop(x) over (
        partition by symbol, interval order by bar rows n - 1 preceding
    ) end;
create or replace macro count_of_last(x, n) as
    count(x) over (partition by symbol, interval order by bar rows n - 1 preceding);
create or replace macro sample_deviation(x, n) as
    case when count_of_last(x, n) = n then stddev_samp(x) over (
        partition by symbol, interval order by bar rows n - 1 preceding
    ) end;
