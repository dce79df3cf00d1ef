-- An equity's session as its bars of five minutes give it, as traded.
-- grain: symbol, trade_date, source
-- Only what lies inside the session counts; it is complete when its first and its last
-- five minutes are there. It is held against the daily bar, and stands in no metric.

with

five_minutes as (
    select bars.*
    from staging.bars as bars
    inner join lake.instruments using (symbol)
    where interval = '5m' and kind = 'equity'
),

sessions as (
    select trade_date, opened_at, closed_at from staging.sessions where is_final
),

five_minutes_of_sessions as (
    select
        five_minutes.*,
        sessions.trade_date,
        sessions.opened_at as session_opened_at,
        sessions.closed_at as session_closed_at,
    from five_minutes
    inner join sessions on eastern_date(five_minutes.opened_at) = sessions.trade_date
    where five_minutes.opened_at >= sessions.opened_at
        and five_minutes.opened_at < sessions.closed_at
),

sessions_rolled_up as (
    select
        symbol,
        trade_date,
        source,
        arg_min(open, opened_at) as open,
        max(high) as high,
        min(low) as low,
        arg_max(close, opened_at) as close,
        sum(volume) as volume,
        count(*) as bars,
        min(opened_at) = any_value(session_opened_at)
        and max(opened_at) + interval 5 minute = any_value(session_closed_at)
            as is_complete,
        max(known_at) as known_at,
    from five_minutes_of_sessions
    group by symbol, trade_date, source
)

select * from sessions_rolled_up
