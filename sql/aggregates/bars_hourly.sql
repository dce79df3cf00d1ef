-- An hour that is over, rolled up from minutes; complete when all 60 were there.
-- grain: symbol, opened_at
-- Where the minutes are not all there, an hourly bar of a source itself goes before
-- them. Incomplete hours stay, marked, and stand in no metric.

with

publication as (
    select * from lake.publication
),

bars as (
    select * from aggregates.bars_chosen where interval = '1h'
),

minutes_by_hour as (
    select *, case when is_complete then 1 else 3 end as preference
    from aggregates.minutes_by_hour
),

hours_of_sources as (
    select
        symbol, opened_at, kind, open, high, low, close, volume, quote_volume, trades,
        taker_buy_quote_volume, true as is_complete, source, known_at, 2 as preference,
    from bars
),

hours_together as (
    select * from minutes_by_hour
    union all
    select * from hours_of_sources
),

hours_that_are_over as (
    select
        hours_together.* exclude (preference),
    from hours_together
    cross join publication
    where opened_at + interval 1 hour <= publication.as_of
    qualify row_number() over (
        partition by symbol, opened_at order by preference
    ) = 1
)

select * from hours_that_are_over order by symbol, opened_at
