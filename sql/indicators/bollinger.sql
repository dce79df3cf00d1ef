-- Bollinger bands of a bar.
-- grain: symbol, interval, opened_at
-- incremental: after 20 bars
-- unit: quote currency
-- definition: bollinger_middle is the mean of the last 20 closes, the upper and lower
-- definition: bands are two of their population standard deviations away from it.

with

bars as (
    select symbol, interval, opened_at, bar, close, known_at from aggregates.bars_final
),

closes_summed_up as (
    select
        *,
        sum_of_20(close) / 20 as middle,
        2 * population_deviation_of_20(close) as width,
    from bars
),

bands as (
    select
        symbol,
        interval,
        opened_at,
        middle as bollinger_middle,
        middle + width as bollinger_upper,
        middle - width as bollinger_lower,
        known_at,
    from closes_summed_up
)

select * from bands
