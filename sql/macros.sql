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

-- the length of a bar, and a bar's place on the grid of its interval
create or replace macro seconds_of(bar_length) as
    case bar_length
        when '1m' then 60 when '5m' then 300 when '15m' then 900 when '1h' then 3600
        else 86400
    end;
create or replace macro slot_of(instant, bar_length) as
    cast(floor(epoch(instant) / seconds_of(bar_length)) as bigint);
create or replace macro opened_at_slot(slot, bar_length) as
    timestamp '1970-01-01' + to_seconds(slot * seconds_of(bar_length));

-- The answers that lacked a bar, from their sorted instants: how many count (the first,
-- then each that came at least 1 h, 6 h, 1 day, 3 days after the one before) and when
-- the last of those was. Five confirm a gap; an answer that came sooner adds nothing.
create or replace macro waits_between_asks() as
    [interval 1 hour, interval 6 hour, interval 1 day, interval 3 day];
create or replace macro asks_counted(instants) as list_reduce(
    list_transform(instants, lambda asked_at: {'asks': 1, 'last_at': asked_at}),
    lambda so_far, next_one: case
        when next_one.last_at - so_far.last_at >= waits_between_asks()[so_far.asks]
            then {'asks': so_far.asks + 1, 'last_at': next_one.last_at}
        else so_far
    end
);

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
