-- Bollinger bands of a bar.
-- grain: symbol, interval, opened_at
-- incremental: after 20 bars
-- unit: quote currency
-- definition: bollinger_middle is the mean of the last 20 closes, the upper and lower
-- definition: bands are two of their population standard deviations away from it.

with

bars as (
    select * from aggregates.bars_final
),

closes_of_five as (
    select
        *,
        five(close) / 5 as mean_of_five,
        squares_of_five(close, mean_of_five) as squares,
    from bars
),

closes_of_twenty as (
    select
        * exclude (mean_of_five, squares),
        case when bar >= 19 then four_fives(mean_of_five) / 4 end as bollinger_middle,
        2 * sqrt(
            squares_of_four_fives(squares, mean_of_five, bollinger_middle) / 20
        ) as width,
    from closes_of_five
),

bands as (
    select
        * exclude (width),
        bollinger_middle + width as bollinger_upper,
        bollinger_middle - width as bollinger_lower,
    from closes_of_twenty
)

select * from bands
