-- Chaikin money flow of a bar.
-- grain: symbol, interval, opened_at
-- incremental: after 20 bars
-- unit: -1 to 1
-- definition: cmf20 is sum(multiplier * volume) / sum(volume) over 20 bars; multiplier
-- definition: is ((close - low) - (high - close)) / (high - low), 0 where high = low.

with

bars as (
    select * from aggregates.bars_final
),

locations as (
    select
        *,
        coalesce(volume, 0) as traded,
        coalesce(ratio((close - low) - (high - close), high - low), 0) * traded as flow,
    from bars
),

flows_of_five as (
    select * replace (five(traded) as traded, five(flow) as flow) from locations
),

flows as (
    select
        * exclude (traded, flow),
        case when bar >= 19 then ratio(four_fives(flow), four_fives(traded)) end
            as cmf20,
    from flows_of_five
)

select * from flows
