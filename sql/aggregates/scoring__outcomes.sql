-- An open recommendation and what became of it: pending, settled (it fell due) or void.
-- grain: note_id, position

with

recommendations as (
    select * from aggregates.scoring__open
),

excess_returns as (
    select * from aggregates.scoring__excess_returns
),

base_rates as (
    select * from aggregates.scoring__base_rates
),

anchor as (
    select * from aggregates.anchor
),

-- numbered as in entry_exit
anchor_numbered as (
    select count(*) as session_number
    from lake.sessions as sessions
    inner join anchor on sessions.trade_date <= anchor.anchor_date
),

-- a neutral recommendation without a year of excess returns before it cannot be judged
recommendations_judged as (
    select
        recommendations.*,
        excesses.entry_date,
        excesses.exit_date,
        excesses.excess,
        excesses.known_at as judged_at,
        anchor.session_number >= excesses.exit_number + 10 as is_too_late,
        case recommendations.stance
            when 'overweight' then excesses.excess > 0
            when 'underweight' then excesses.excess < 0
            else abs(excesses.excess) <= excesses.neutral_width
        end as is_hit
    from recommendations
    inner join excess_returns as excesses
        on
            recommendations.note_id = excesses.note_id
            and recommendations.position = excesses.position
    cross join anchor_numbered as anchor
),

outcomes as (
    select
        recommendations.note_id,
        recommendations.position,
        recommendations.model,
        recommendations.scope,
        recommendations.kind,
        recommendations.for_date,
        recommendations.symbol,
        recommendations.stance,
        recommendations.horizon,
        recommendations.confidence,
        recommendations.benchmark,
        recommendations.entry_date,
        recommendations.exit_date,
        recommendations.is_hit,
        case
            when recommendations.is_hit is not null then 'settled'
            when recommendations.is_too_late then 'void'
            else 'pending'
        end as status,
        100 * recommendations.excess as excess_return_pct,
        base_rates.base_rate,
        coalesce(recommendations.judged_at, recommendations.known_at) as known_at
    from recommendations_judged as recommendations
    left join base_rates using (note_id, position)
)

select * from outcomes
