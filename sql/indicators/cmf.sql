-- Chaikin money flow of a bar.
-- grain: symbol, interval, opened_at
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
        coalesce(ratio((close - low) - (high - close), high - low), 0) as multiplier,
    from bars
),

flows as (
    select
        symbol,
        interval,
        opened_at,
        ratio(
            total_of_last(multiplier * volume, 20, 0), total_of_last(volume, 20, 0)
        ) as cmf20,
        known_at,
    from locations
)

select * from flows
