-- Bollinger bands of a bar.
-- grain: symbol, interval, opened_at
-- unit: quote currency
-- definition: bollinger_middle is the mean of the last 20 closes, the upper and lower
-- definition: bands are two of their population standard deviations away from it.
-- column: bollinger_middle | Bollinger middle | 20 bars | Mean of 20 closes.
-- column: bollinger_upper | Bollinger upper | 20 bars | Middle plus 2 deviations.
-- column: bollinger_lower | Bollinger lower | 20 bars | Middle minus 2 deviations.

with

bars as (
    select * from aggregates.bars_final
),

bands as (
    select
        *,
        sma(close, 20) as middle,
        2 * stdev(close, 20) as width,
    from bars
)

select
    symbol,
    interval,
    opened_at,
    middle as bollinger_middle,
    middle + width as bollinger_upper,
    middle - width as bollinger_lower,
from bands
