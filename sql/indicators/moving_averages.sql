-- Simple moving averages of a bar.
-- grain: symbol, interval, opened_at
-- unit: quote currency
-- definition: ma7 and ma30 are the simple means of the last 7 and 30 closes.
-- column: ma7 | Mean of 7 | 7 bars | Simple mean of the last 7 closes.
-- column: ma30 | Mean of 30 | 30 bars | Simple mean of the last 30 closes.

with

bars as (
    select * from aggregates.bars_final
)

select
    symbol,
    interval,
    opened_at,
    sma(close, 7) as ma7,
    sma(close, 30) as ma30,
from bars
