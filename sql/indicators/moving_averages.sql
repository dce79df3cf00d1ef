-- Simple moving averages of a bar.
-- grain: symbol, interval, opened_at
-- incremental: after 30 bars
-- unit: quote currency
-- definition: ma7 and ma30 are the simple means of the last 7 and 30 closes.

with

bars as (
    select * from aggregates.bars_final
),

closes_summed_up as (
    select
        *,
        five(close) as closes_of_five,
        case when bar >= 6 then seven(close) / 7 end as ma7,
    from bars
),

averages as (
    select
        * exclude (closes_of_five),
        case when bar >= 29 then six_fives(closes_of_five) / 30 end as ma30,
    from closes_summed_up
)

select * from averages
