-- A UTC day with the session that covers it and the last session on or before it.
-- grain: day
-- view
-- The covering session is the first on or after the day, NULL after the calendar's
-- last.

with

sessions as (
    select * from staging.sessions
),

days_up_to_sessions as (
    select
        cast(unnest(generate_series(
            coalesce(prior_date + 1, trade_date), trade_date, interval 1 day
        )) as date) as day,
        trade_date as covering_date,
        position as covering_position,
        prior_date,
        known_at,
    from sessions
),

days_after_the_last as (
    select
        cast(unnest(generate_series(
            trade_date + 1, trade_date + 31, interval 1 day
        )) as date) as day,
        null as covering_date,
        null as covering_position,
        trade_date as prior_date,
        known_at,
    from sessions
    where next_date is null
),

days_together as (
    select * from days_up_to_sessions
    union all
    select * from days_after_the_last
),

days_with_session_before as (
    select
        *,
        case when day = covering_date then day else prior_date end as last_session_date,
    from days_together
)

select * from days_with_session_before
