-- Average true range of a bar.
-- grain: symbol, interval, opened_at
-- unit: quote currency
-- definition: atr14 is Wilder's average of the last 14 true ranges, as TA-Lib's ATR.
-- column: atr14 | ATR 14 | all bars | Wilder's mean of the true range.

with

bars as (
    select * from aggregates.bars_final
),

ranges as (
    select
        *,
        greatest(
            high - low, abs(high - previous_close), abs(low - previous_close)
        ) as true_range,
    from bars
)

select
    symbol,
    interval,
    opened_at,
    wilder(true_range, 14) as atr14,
from ranges
