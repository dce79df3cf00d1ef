-- Average true range of a bar.
-- grain: symbol, interval, opened_at
-- incremental: rows
-- unit: quote currency
-- definition: atr14 is Wilder's average of the last 14 true ranges, as TA-Lib's ATR.

with

bars as (
    select * from aggregates.bars_averaged
),

averages as (
    select
        *,
        ema_now(range_before, range_sum, 13 / 14, fade14, 14) as atr14,
    from bars
)

select * from averages
