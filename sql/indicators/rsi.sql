-- Relative strength index of a bar.
-- grain: symbol, interval, opened_at
-- incremental: rows
-- unit: 0 to 100
-- definition: rsi14 is Wilder's RSI over 14 moves, the first averages simple means.

with

bars as (
    select * from aggregates.bars_averaged
),

strengths as (
    select
        *,
        case when bar >= 14
            then strength(gain_before, gain_sum, loss_before, loss_sum, strength_before)
        end as rsi14,
    from bars
)

select * from strengths
