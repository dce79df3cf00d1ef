-- Simple moving averages of a bar.
-- grain: symbol, interval, opened_at
-- incremental: after 30 bars
-- unit: quote currency
-- definition: ma7 and ma30 are the simple means of the last 7 and 30 closes.

with

bars as (
    select symbol, interval, opened_at, bar, close, known_at from aggregates.bars_final
),

averages as (
    select
        symbol,
        interval,
        opened_at,
        sum_of_7(close) / 7 as ma7,
        sum_of_30(close) / 30 as ma30,
        known_at,
    from bars
)

select * from averages
