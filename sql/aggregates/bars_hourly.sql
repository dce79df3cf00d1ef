-- An hour that is over, rolled up from minutes; complete when all 60 were there.
-- grain: symbol, opened_at
-- incremental: rows of 1h
-- Where the minutes are not all there, an hourly bar of a source itself goes before
-- them. Incomplete hours stay, marked, and stand in no metric.

with

publication as (
    select * from lake.publication
),

bars as (
    select * from aggregates.bars_chosen where interval in ('1m', '1h')
),

minutes_rolled_up as (
    select
        symbol,
        date_trunc('hour', opened_at) as hour_opened_at,
        any_value(kind) as kind,
        arg_min(open, opened_at) as open,
        max(high) as high,
        min(low) as low,
        arg_max(close, opened_at) as close,
        exact_sum(volume) as volume,
        exact_sum(quote_volume) as quote_volume,
        cast(sum(trades) as bigint) as trades,
        exact_sum(taker_buy_quote_volume) as taker_buy_quote_volume,
        count(*) = 60 as is_complete,
        arg_max(source, opened_at) as source,
        max(known_at) as known_at,
        case when is_complete then 1 else 3 end as preference,
    from bars
    where interval = '1m'
    group by symbol, hour_opened_at
),

hours_of_sources as (
    select
        symbol, opened_at, kind, open, high, low, close, volume, quote_volume, trades,
        taker_buy_quote_volume, true as is_complete, source, known_at, 2 as preference,
    from bars
    where interval = '1h'
),

hours_together as (
    select * from minutes_rolled_up
    union all
    select * from hours_of_sources
),

hours_that_are_over as (
    select
        hour_opened_at as opened_at,
        hours_together.* exclude (hour_opened_at, preference),
    from hours_together
    cross join publication
    where hour_opened_at + interval 1 hour <= publication.as_of
    qualify row_number() over (
        partition by symbol, hour_opened_at order by preference
    ) = 1
)

select * from hours_that_are_over
