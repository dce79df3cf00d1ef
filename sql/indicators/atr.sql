-- Average true range of a bar.
-- grain: symbol, interval, opened_at
-- incremental: rows
-- unit: quote currency
-- definition: atr14 is Wilder's average of the last 14 true ranges, as TA-Lib's ATR.

with

averages as (
    select
        sums.symbol,
        sums.interval,
        sums.opened_at,
        ema_now(ends.true_range, range_sum, 13 / 14, 14) as atr14,
        sums.known_at,
    from aggregates.bars_summed as sums
    left join aggregates.block_ends as ends
        on sums.symbol = ends.symbol and sums.interval = ends.interval
        and sums.bar // 16 = ends.block + 1
)

select * from averages
