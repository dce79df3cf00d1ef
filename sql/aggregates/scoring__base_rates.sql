-- How often a stance was right in the 1260 windows that ended before it.
-- grain: note_id, position

with

recommendations as (
    select * from aggregates.scoring__open
),

entry_exit as (
    select * from aggregates.scoring__entry_exit
),

excess_index as (
    select * from aggregates.scoring__excess_index
),

anchor as (
    select * from aggregates.anchor
),

recommendations_due as (
    select recommendations.*
    from recommendations
    inner join entry_exit using (note_id, position)
    inner join anchor on entry_exit.exit_date <= anchor.anchor_date
),

-- a neutral window needs the spread that was known when it began
windows_before as (
    select
        recommendations.note_id,
        recommendations.position,
        ends.trade_date,
        ends.known_at,
        case recommendations.stance
            when 'overweight' then ends.level > starts.level
            when 'underweight' then ends.level < starts.level
            else
                abs(ends.level - starts.level)
                <= 0.5 * starts.spread252 * sqrt(recommendations.horizon)
        end as was_right
    from recommendations_due as recommendations
    inner join excess_index as starts
        on
            recommendations.symbol = starts.symbol
            and recommendations.benchmark = starts.benchmark
    inner join excess_index as ends
        on
            starts.symbol = ends.symbol
            and starts.benchmark = ends.benchmark
            and starts.session_number + recommendations.horizon = ends.session_number
            and starts.breaks = ends.breaks
    where ends.closed_at < recommendations.enters_after
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
            as base_rate,
        max(known_at) as known_at
    from windows_counted
    group by note_id, position
)

select * from base_rates
