-- What an open recommendation earned over its benchmark, in logs.
-- grain: note_id, position
-- NULL while a price is missing.

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

excesses as (
    select
        recommendations.note_id,
        recommendations.position,
        entry_exit.entry_date,
        entry_exit.exit_date,
        entry_exit.exit_number,
        case when starts.breaks = ends.breaks then ends.level - starts.level end
            as excess,
        0.5 * recommendations.spread252 * sqrt(recommendations.horizon)
            as neutral_width,
        greatest(recommendations.known_at, ends.known_at) as known_at
    from recommendations
    inner join entry_exit
        on
            recommendations.note_id = entry_exit.note_id
            and recommendations.position = entry_exit.position
    left join excess_index as starts
        on
            recommendations.symbol = starts.symbol
            and recommendations.benchmark = starts.benchmark
            and entry_exit.entry_date = starts.trade_date
    left join excess_index as ends
        on
            recommendations.symbol = ends.symbol
            and recommendations.benchmark = ends.benchmark
            and entry_exit.exit_date = ends.trade_date
)

select * from excesses
