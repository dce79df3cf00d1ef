-- A session of the US exchanges, numbered; it is final 60 minutes after its close.
-- grain: trade_date

with

publication as (
    select as_of, basis from lake.publication
),

sessions as (
    select * from lake.sessions
),

sessions_numbered as (
    select
        sessions.*,
        row_number() over in_order as position,
        lag(trade_date) over in_order as prior_date,
        lead(trade_date) over in_order as next_date,
        lead(closed_at) over in_order as next_closed_at,
        closed_at + interval 60 minute <= publication.as_of as is_final,
        publication.as_of as known_at,
    from sessions
    cross join publication
    window in_order as (order by trade_date)
)

select * from sessions_numbered
