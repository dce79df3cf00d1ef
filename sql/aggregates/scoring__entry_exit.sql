-- When an open recommendation enters and ends.
-- grain: note_id, position
-- The dates are NULL until the calendar holds them.

with

recommendations as (
    select * from aggregates.scoring__open
),

sessions as (
    select
        trade_date,
        closed_at,
        row_number() over (order by trade_date) as session_number
    from lake.sessions
),

entries as (
    select
        recommendations.note_id,
        recommendations.position,
        min(sessions.session_number) as entry_number
    from recommendations
    inner join sessions on recommendations.enters_after < sessions.closed_at
    group by recommendations.note_id, recommendations.position
),

windows_of_recommendations as (
    select
        recommendations.note_id,
        recommendations.position,
        entry_session.trade_date as entry_date,
        exit_session.trade_date as exit_date,
        entries.entry_number + recommendations.horizon as exit_number,
        recommendations.known_at
    from recommendations
    left join entries
        on
            recommendations.note_id = entries.note_id
            and recommendations.position = entries.position
    left join sessions as entry_session
        on entries.entry_number = entry_session.session_number
    left join sessions as exit_session
        on entries.entry_number + recommendations.horizon = exit_session.session_number
)

select * from windows_of_recommendations
