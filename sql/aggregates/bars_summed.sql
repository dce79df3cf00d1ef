-- A final bar with the running sums, in blocks of 16 bars, that averages are made of.
-- grain: symbol, interval, opened_at
-- incremental: after 0 bars
-- An average with a memory is then a product of two columns, and a later bar needs no
-- more of the past than its own block and one row of aggregates.block_ends.

with

bars as (
    select
        *,
        greatest(
            high - low, abs(high - previous_close), abs(low - previous_close)
        ) as true_range,
    from aggregates.bars_final
),

terms as (
    select
        symbol, interval, opened_at, bar, close, known_at,
        ema_term(close, 11 / 13, 12, 25) as ema12_term,
        ema_term(close, 25 / 27, 26, 25) as ema26_term,
        ema_term(greatest(change, 0), 13 / 14, 14, 14) as gain_term,
        ema_term(greatest(-change, 0), 13 / 14, 14, 14) as loss_term,
        ema_term(true_range, 13 / 14, 14, 14) as range_term,
        coalesce(if(bar = 0, 1, sign(change)) * volume, 0) as signed_volume,
    from bars
),

bars_summed as (
    select
        symbol,
        interval,
        opened_at,
        bar,
        close,
        block_sum(ema12_term) as ema12_sum,
        block_sum(ema26_term) as ema26_sum,
        block_sum(gain_term) as gain_sum,
        block_sum(loss_term) as loss_sum,
        block_sum(range_term) as range_sum,
        block_sum(signed_volume) as volume_sum,
        known_at,
    from terms
)

select * from bars_summed
