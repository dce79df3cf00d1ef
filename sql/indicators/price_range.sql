-- Highs and lows of a bar's last 20 bars, and of the 20 before it.
-- grain: symbol, interval, opened_at
-- incremental: after 21 bars
-- unit: quote currency
-- definition: high20 and low20 are the highest high and lowest low of the last 20 bars,
-- definition: resistance and support those of the 20 bars before this one.

with

bars as (
    select * from aggregates.bars_final
),

ranges_of_five as (
    select
        *,
        highest_of_five(high) as highest,
        lowest_of_five(low) as lowest,
    from bars
),

ranges as (
    select
        * exclude (highest, lowest),
        case when bar >= 19 then highest_of_four_fives(highest) end as high20,
        case when bar >= 19 then lowest_of_four_fives(lowest) end as low20,
    from ranges_of_five
),

ranges_with_levels as (
    select
        *,
        case when bar > 0 then ago(high20, 1) end as resistance,
        case when bar > 0 then ago(low20, 1) end as support,
    from ranges
)

select * from ranges_with_levels
