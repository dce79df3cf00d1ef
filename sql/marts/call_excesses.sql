-- What an open call earned over its benchmark, in logs; NULL while a price is missing.
-- grain: note_id, position

with

calls as (
    select * from marts.open_calls
),

call_windows as (
    select * from marts.call_windows
),

excess_levels as (
    select * from marts.excess_levels
),

excesses as (
    select
        calls.note_id,
        calls.position,
        call_windows.entry_date,
        call_windows.exit_date,
        call_windows.exit_number,
        case when starts.breaks = ends.breaks then ends.level - starts.level end
            as excess,
        0.5 * calls.spread252 * sqrt(calls.horizon) as neutral_width,
        greatest(calls.known_at, ends.known_at) as known_at
    from calls
    inner join call_windows
        on
            calls.note_id = call_windows.note_id
            and calls.position = call_windows.position
    left join excess_levels as starts
        on
            calls.symbol = starts.symbol
            and calls.benchmark = starts.benchmark
            and call_windows.entry_date = starts.trade_date
    left join excess_levels as ends
        on
            calls.symbol = ends.symbol
            and calls.benchmark = ends.benchmark
            and call_windows.exit_date = ends.trade_date
)

select * from excesses
