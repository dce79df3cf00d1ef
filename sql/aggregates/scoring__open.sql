-- A recommendation that counts and is not settled yet.
-- grain: note_id, position
-- With the spread of its excess before it.

with

recommendations as (
    select * from aggregates.scoring__recommendations
),

settlements as (
    select * from staging.settlements
),

excess_index as (
    select * from aggregates.scoring__excess_index
),

recommendations_not_settled as (
    select *
    from recommendations
    where not exists (
        select 1 from settlements
        where
            recommendations.note_id = settlements.note_id
            and recommendations.position = settlements.position
    )
),

spreads_before as (
    select
        recommendations.note_id,
        recommendations.position,
        arg_max(levels.spread252, levels.trade_date) as spread252
    from recommendations_not_settled as recommendations
    inner join excess_index as levels
        on
            recommendations.symbol = levels.symbol
            and recommendations.benchmark = levels.benchmark
            and recommendations.enters_after > levels.closed_at
    group by recommendations.note_id, recommendations.position
),

recommendations_with_their_spread as (
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
        recommendations.enters_after,
        recommendations.known_at,
        spreads.spread252
    from recommendations_not_settled as recommendations
    left join spreads_before as spreads
        on
            recommendations.note_id = spreads.note_id
            and recommendations.position = spreads.position
)

select * from recommendations_with_their_spread
