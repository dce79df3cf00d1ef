-- Chaikin money flow of a bar.
-- grain: symbol, interval, opened_at
-- unit: -1 to 1
-- definition: cmf20 is sum(multiplier * volume) / sum(volume) over 20 bars; multiplier
-- definition: is ((close - low) - (high - close)) / (high - low), 0 where high = low.
-- definition: NULL where nothing was traded.
-- column: cmf20 | Chaikin money flow 20 | 20 bars | Where in its range it closed.

with

bars as (
    select * from aggregates.bars_final
),

locations as (
    select
        *,
        coalesce(volume, 0) as traded,
        coalesce(ratio((close - low) - (high - close), high - low), 0) as multiplier,
    from bars
)

select
    symbol,
    interval,
    opened_at,
    ratio(sma(multiplier * traded, 20), sma(traded, 20)) as cmf20,
from locations
