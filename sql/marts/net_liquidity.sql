-- A Wednesday's net liquidity in dollars: the Fed's assets less what is parked with it.
-- grain: date
-- Parked are the Treasury's account (WDTGAL, the Wednesday level, where it is there,
-- else WTREGEN, the week's average) and the last overnight reverse repo up to that
-- date, which is NULL beyond the maximum age of a daily series; its date stays.

with

observations as (
    select * from staging.observations where value is not null
),

universe_series as (
    select series_id, usd_factor from lake.universe_series
),

dollars as (
    select
        series_id,
        date,
        value * usd_factor as usd,
        known_at,
    from observations
    inner join universe_series using (series_id)
),

walcl as (
    select * from dollars where series_id = 'WALCL' and isodow(date) = 3
),

wdtgal as (
    select * from dollars where series_id = 'WDTGAL'
),

wtregen as (
    select * from dollars where series_id = 'WTREGEN'
),

rrpontsyd as (
    select * from dollars where series_id = 'RRPONTSYD'
),

parts_together as (
    select
        walcl.date,
        walcl.usd as walcl_usd,
        coalesce(wdtgal.usd, wtregen.usd) as treasury_usd,
        coalesce(wdtgal.series_id, wtregen.series_id) as treasury_series,
        carry_forward(rrpontsyd.usd, rrpontsyd.date, walcl.date, 'D') as rrpontsyd_usd,
        rrpontsyd.date as rrpontsyd_date,
        greatest(
            walcl.known_at,
            coalesce(wdtgal.known_at, wtregen.known_at),
            rrpontsyd.known_at
        ) as known_at,
    from walcl
    left join wdtgal on walcl.date = wdtgal.date
    left join wtregen on walcl.date = wtregen.date
    asof left join rrpontsyd on walcl.date >= rrpontsyd.date
),

liquidity as (
    select
        date,
        walcl_usd - treasury_usd - rrpontsyd_usd as net_liquidity_usd,
        parts_together.* exclude (date),
    from parts_together
)

select * from liquidity order by date
