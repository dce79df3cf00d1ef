-- How often a call's stance was right in the 1260 windows that ended before it.
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

anchor as (
    select * from marts.sessions_anchor
),

calls_due as (
    select calls.*
    from calls
    inner join call_windows
        on
            calls.note_id = call_windows.note_id
            and calls.position = call_windows.position
    inner join anchor on call_windows.exit_date <= anchor.anchor_date
),

-- a neutral window needs the spread that was known when it began
windows_before as (
    select
        calls.note_id,
        calls.position,
        ends.trade_date,
        case calls.stance
            when 'overweight' then ends.level > starts.level
            when 'underweight' then ends.level < starts.level
            else
                abs(ends.level - starts.level)
                <= 0.5 * starts.spread252 * sqrt(calls.horizon)
        end as was_right
    from calls_due as calls
    inner join excess_levels as starts
        on calls.symbol = starts.symbol and calls.benchmark = starts.benchmark
    inner join excess_levels as ends
        on
            starts.symbol = ends.symbol
            and starts.benchmark = ends.benchmark
            and starts.session_number + calls.horizon = ends.session_number
            and starts.breaks = ends.breaks
    where ends.closed_at < calls.enters_after
),

windows_counted as (
    select *
    from windows_before
    where was_right is not null
    qualify row_number() over (
        partition by note_id, position order by trade_date desc
    ) <= 1260
),

base_rates as (
    select
        note_id,
        position,
        count(*) as windows,
        case when count(*) >= 252 then avg(cast(was_right as integer)) end
            as base_rate
    from windows_counted
    group by note_id, position
)

select * from base_rates
