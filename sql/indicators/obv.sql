-- On-balance volume of a bar.
-- grain: symbol, interval, opened_at
-- incremental: rows
-- unit: units of the instrument
-- definition: obv is the first bar's volume, then plus the volume of each bar that
-- definition: closed higher and less that of each bar that closed lower, as TA-Lib's
-- definition: OBV.

with

bars as (
    select * from aggregates.bars_averaged
),

volumes_added_up as (
    select
        *,
        coalesce(obv_before, 0) + volume_sum as obv,
    from bars
)

select * from volumes_added_up
