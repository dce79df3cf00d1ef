-- On-balance volume of a bar.
-- grain: symbol, interval, opened_at
-- unit: volume_unit
-- definition: obv is the first bar's volume, then plus the volume of each bar that
-- definition: closed higher and less that of each bar that closed lower, as TA-Lib's
-- definition: OBV.
-- column: obv | On-balance volume | all bars | Sum of volume, minus where close fell.

with

bars as (
    select * from aggregates.bars_final
),

volumes as (
    select
        *,
        if(bar = 0, 1, sign(change)) * coalesce(volume, 0) as signed_volume,
    from bars
)

select
    symbol,
    interval,
    opened_at,
    sum(signed_volume) over (partition by symbol, interval order by opened_at) as obv,
from volumes
