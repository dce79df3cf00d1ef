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

flows as (
    select
        symbol,
        interval,
        opened_at,
        ratio(sum_of_20(flow), sum_of_20(traded)) as cmf20,
        known_at,
    from locations
)

select * from flows
