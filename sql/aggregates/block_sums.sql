-- The sums of a whole block of 16 bars, which its averages end with.
-- grain: symbol, interval, opened_at
-- incremental: after 16 bars

with

bars as (
    select * from aggregates.lines_summed
),

blocks as (
    select
        symbol, interval, opened_at, bar, bar // 16 as block, ema12_sum, ema26_sum,
        gain_sum, loss_sum, range_sum, volume_sum, line_sum, end12_weight, end26_weight,
        known_at,
    from bars
    where bar % 16 = 15
)

select * from blocks
