-- On-balance volume of a bar.
-- grain: symbol, interval, opened_at
-- unit: units of the instrument
-- definition: obv is the first bar's volume, then plus the volume of each bar that
-- definition: closed higher and less that of each bar that closed lower, as TA-Lib's
-- definition: OBV.

with

bars as (
    select * from aggregates.bars_final
),

volumes_signed as (
    select
        *,
        case when bar = 0 then volume else sign(change) * volume end as signed_volume,
    from bars
),

volumes_added_up as (
    select
        symbol,
        interval,
        opened_at,
        sum(signed_volume) over (
            partition by symbol, interval order by bar
        ) as obv,
        known_at,
    from volumes_signed
)

select * from volumes_added_up
