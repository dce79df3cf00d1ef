-- Simple moving averages of a bar.
-- grain: symbol, interval, opened_at
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
        mean_of_last(close, 7, 0) as ma7,
        mean_of_last(close, 30, 0) as ma30,
        known_at,
    from bars
)

select * from averages
