-- When an open call enters and ends. The dates are NULL until the calendar holds them.
-- grain: note_id, position

with

calls as (
    select * from marts.open_calls
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
        calls.note_id,
        calls.position,
        min(sessions.session_number) as entry_number
    from calls
    inner join sessions on calls.enters_after < sessions.closed_at
    group by calls.note_id, calls.position
),

windows_of_calls as (
    select
        calls.note_id,
        calls.position,
        entry_session.trade_date as entry_date,
        exit_session.trade_date as exit_date,
        entries.entry_number + calls.horizon as exit_number
    from calls
    left join entries
        on calls.note_id = entries.note_id and calls.position = entries.position
    left join sessions as entry_session
        on entries.entry_number = entry_session.session_number
    left join sessions as exit_session
        on entries.entry_number + calls.horizon = exit_session.session_number
)

select * from windows_of_calls
