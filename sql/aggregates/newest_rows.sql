-- A source's newest row, and when the next one is due to be here.
-- grain: source
-- Equities and macro series come by sessions: the next one is due 17 hours after its
-- close (an hour until it is final, then the night), on a weekend on Monday. Other
-- sources are due after their cadence and an eighth of it more. Weeks say nothing of a
-- source's freshness: they stand in for days that it does not give.

with

as_of as (select as_of from lake.publication),

bars as (
    select * from staging.bars
),

sessions as (
    select trade_date, opened_at, closed_at from staging.sessions
),

rows_dated as (
    select
        source,
        coalesce(
            sessions.closed_at, bars.opened_at + to_seconds(seconds_of(interval))
        ) as row_at,
        coalesce(sessions.trade_date, cast(bars.opened_at as date)) as date,
        known_at,
    from bars
    left join sessions on bars.opened_at = sessions.opened_at and bars.interval = '1d'
    where interval != '1w'
    union all
    select source, cast(date as timestamp) as row_at, date, fetched_at as known_at
    from lake.observations, as_of
    where fetched_at <= as_of and value is not null
    union all
    select source, taken_at as row_at, cast(taken_at as date) as date, fetched_at
    from lake.book_levels, as_of
    where fetched_at <= as_of
    union all
    select source, quoted_at, cast(quoted_at as date) as date, fetched_at
    from lake.quotes, as_of
    where fetched_at <= as_of
),

newest_rows as (
    select
        source,
        max(row_at) as newest,
        max(date) as newest_date,
        max(known_at) as known_at,
    from rows_dated
    group by source
),

next_sessions as (
    select source, min(closed_at) + interval 17 hour as due_at
    from newest_rows
    inner join sessions on sessions.trade_date > newest_date
    group by source
),

rows_with_due as (
    select
        newest_rows.*,
        case
            when sources.goes_by_sessions then due_at + case isodow(due_at)
                when 6 then interval 2 day
                when 7 then interval 1 day
                else interval 0 day
            end
            else newest + to_seconds(greatest(3600 * 9 / 8 * cadence_hours, 900))
        end as expected_next_at,
    from newest_rows
    inner join aggregates.sources_usable as sources using (source)
    left join next_sessions using (source)
)

select * from rows_with_due
