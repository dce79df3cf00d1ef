-- Relative strength index of a bar.
-- grain: symbol, interval, opened_at
-- incremental: rows
-- unit: 0 to 100
-- definition: rsi14 is Wilder's RSI over 14 moves, the first averages simple means.

with

strengths as (
    select
        sums.symbol,
        sums.interval,
        sums.opened_at,
        case when bar >= 14
            then strength(ends.gain, gain_sum, ends.loss, loss_sum, ends.strength)
        end as rsi14,
        sums.known_at,
    from aggregates.bars_summed as sums
    left join aggregates.block_ends as ends
        on sums.symbol = ends.symbol and sums.interval = ends.interval
        and sums.bar // 16 = ends.block + 1
)

select * from strengths
