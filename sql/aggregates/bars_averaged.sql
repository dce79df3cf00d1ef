-- A final bar with the sums of its block and the averages at the end of the one before.
-- grain: symbol, interval, opened_at
-- incremental: after 0 bars
-- inlined
-- helpers: fade12, fade26, fade14, fade9, ema12_sum, ema26_sum, gain_sum, loss_sum,
-- helpers: range_sum, volume_sum, line_sum, end12_weight, end26_weight, ema12_before,
-- helpers: ema26_before, signal_before, gain_before, loss_before, range_before,
-- helpers: strength_before, obv_before
-- Indicators with a memory are made of these; the join gives up the order of the rows,
-- so that none of them may look at other rows.

with

bars as (
    select * from aggregates.lines_summed
),

bars_with_ends as (
    select
        bars.*,
        ends.ema12 as ema12_before,
        ends.ema26 as ema26_before,
        ends.signal as signal_before,
        ends.gain as gain_before,
        ends.loss as loss_before,
        ends.true_range as range_before,
        ends.strength as strength_before,
        ends.obv as obv_before,
    from bars
    left join aggregates.block_ends as ends
        on bars.symbol = ends.symbol and bars.interval = ends.interval
        and bars.bar // 16 = ends.block + 1
)

select * from bars_with_ends
