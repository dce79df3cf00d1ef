-- A final week of an equity as its source gave it, as traded, where days were not had.
-- grain: symbol, from_date
-- It stands in no metric and fills no gap: a week is never taken for a day.

with

weeks as (
    select bars.*
    from staging.bars as bars
    inner join lake.instruments using (symbol)
    where interval = '1w' and kind = 'equity'
),

sessions as (
    select
        date_trunc('week', trade_date) as week,
        min(opened_at) as opened_at,
        max(trade_date) as to_date,
    from staging.sessions
    group by week
),

weeks_dated as (
    select
        weeks.symbol,
        eastern_date(weeks.opened_at) as from_date,
        sessions.to_date,
        weeks.open,
        weeks.high,
        weeks.low,
        weeks.close,
        weeks.volume,
        weeks.source,
        weeks.sequence,
        weeks.sha256,
        weeks.known_at,
    from weeks
    inner join sessions using (opened_at)
    qualify row_number() over (
        partition by weeks.symbol, weeks.opened_at order by weeks.source
    ) = 1
)

select * from weeks_dated order by symbol, from_date
