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

-- the stretch of time that a bar is in: what changes in it is computed anew from there
create or replace macro stretch_of(instant, bar_length) as time_bucket(
    case bar_length when '1d' then interval 32 day else interval 1 day end,
    cast(instant as timestamp)
);

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

-- The sum of volumes, which Binance gives with up to 8 decimals: exact, so that it does
-- not matter in which order they come
create or replace macro exact_sum(x) as
    cast(sum(cast(x as decimal(38, 8))) as double);

-- Sums over the last bars, one term after the other from the newest back. A window's
-- sum() adds in groups that start where the engine's chunk starts: the same bars would
-- have another last digit when later ones are computed alone. NULL until there are
-- enough bars.
-- (`x + 0`: a macro in which no parameter is computed with is bound when it is made,
-- and DuckDB does not find the columns then)
create or replace macro before(x, k) as
    lag(x + 0, k) over (partition by symbol, interval order by bar);
create or replace macro five_from(x, k) as
    before(x, k) + before(x, k + 1) + before(x, k + 2) + before(x, k + 3)
    + before(x, k + 4);
create or replace macro ten_from(x, k) as five_from(x, k) + five_from(x, k + 5);
create or replace macro sum_of_7(x) as five_from(x, 0) + before(x, 5) + before(x, 6);
create or replace macro sum_of_14(x) as
    ten_from(x, 0) + before(x, 10) + before(x, 11) + before(x, 12) + before(x, 13);
create or replace macro sum_of_20(x) as ten_from(x, 0) + ten_from(x, 10);
create or replace macro sum_of_30(x) as sum_of_20(x) + ten_from(x, 20);

-- Deviations over the last bars, from their differences to one of them: no digit is
-- lost where prices are high and calm.
create or replace macro square(x) as x * x;
create or replace macro difference(x, k, origin) as before(x, k) - origin;
create or replace macro five_differences(x, k, origin) as
    difference(x, k, origin)
    + difference(x, k + 1, origin)
    + difference(x, k + 2, origin)
    + difference(x, k + 3, origin)
    + difference(x, k + 4, origin);
create or replace macro five_squares(x, k, origin) as
    square(difference(x, k, origin))
    + square(difference(x, k + 1, origin))
    + square(difference(x, k + 2, origin))
    + square(difference(x, k + 3, origin))
    + square(difference(x, k + 4, origin));
create or replace macro twenty_differences(x, k, origin) as
    five_differences(x, k, origin) + five_differences(x, k + 5, origin)
    + five_differences(x, k + 10, origin) + five_differences(x, k + 15, origin);
create or replace macro twenty_squares(x, k, origin) as
    five_squares(x, k, origin) + five_squares(x, k + 5, origin)
    + five_squares(x, k + 10, origin) + five_squares(x, k + 15, origin);
create or replace macro deviation_of(squares, differences, n, degrees) as
    sqrt(abs(squares - square(differences) / n) / degrees);
create or replace macro population_deviation_of_20(x) as
    deviation_of(twenty_squares(x, 0, x), twenty_differences(x, 0, x), 20, 20);
create or replace macro sample_deviation_of_20(x) as
    deviation_of(twenty_squares(x, 0, x), twenty_differences(x, 0, x), 20, 19);
create or replace macro sample_deviation_of_7(x) as deviation_of(
    five_squares(x, 0, x) + square(difference(x, 5, x)) + square(difference(x, 6, x)),
    five_differences(x, 0, x) + difference(x, 5, x) + difference(x, 6, x), 7, 6
);
-- Averages with a memory: e = r * e + (1 - r) * x, seeded at bar `seed` with the mean
-- of the last n. Divided by r ** k inside a block of 16 bars it is a sum of terms from
-- the block's start; `ema_now` makes the average of it and of the one at the end of the
-- block before.
create or replace macro ema_term(x, r, n, seed) as
    x * case
        when bar > seed then (1 - r) / r ** (bar % 16)
        when bar > seed - n then r ** (bar - bar % 16 - seed) / n
        else 0
    end;
create or replace macro earlier_in_block(x, k) as
    lag(x + 0, k, 0) over (partition by symbol, interval, bar // 16 order by bar);
create or replace macro block_sum(x) as
    x + earlier_in_block(x, 1) + earlier_in_block(x, 2)
    + earlier_in_block(x, 3) + earlier_in_block(x, 4)
    + earlier_in_block(x, 5) + earlier_in_block(x, 6)
    + earlier_in_block(x, 7) + earlier_in_block(x, 8)
    + earlier_in_block(x, 9) + earlier_in_block(x, 10)
    + earlier_in_block(x, 11) + earlier_in_block(x, 12)
    + earlier_in_block(x, 13) + earlier_in_block(x, 14)
    + earlier_in_block(x, 15);
create or replace macro ema_now(before, total, r, seed) as
    case when bar >= seed then r ** (bar % 16) * (r * coalesce(before, 0) + total) end;

create or replace macro ema_end(before, total, r) as r ** 15 * (r * before + total);

-- Wilder's strength of the gains among all moves, from such sums. While the price does
-- not change it stays what it was, to the last bit, though the averages fade away.
create or replace macro strength(gain, gain_sum, loss, loss_sum, strength_before) as
    case when gain_sum + loss_sum > 0
        then 100 * (13 / 14 * coalesce(gain, 0) + gain_sum) / (
            13 / 14 * coalesce(gain, 0) + gain_sum
            + 13 / 14 * coalesce(loss, 0) + loss_sum
        )
    else coalesce(strength_before, 0) end;

-- The average of a series whose blocks' ends are not kept: of the sums of the twelve
-- blocks before, which is all for r up to 0.8.
create or replace macro block_before(total, r, k) as
    r ** (16 * k) * lag(total + 0, k, 0) over (
        partition by symbol, interval order by block
    );
create or replace macro blocks_before(total, r) as
    total + block_before(total, r, 1) + block_before(total, r, 2)
    + block_before(total, r, 3) + block_before(total, r, 4) + block_before(total, r, 5)
    + block_before(total, r, 6) + block_before(total, r, 7) + block_before(total, r, 8)
    + block_before(total, r, 9) + block_before(total, r, 10)
    + block_before(total, r, 11);
