-- A call that counts and is not settled yet, with the spread of its excess before it.
-- grain: note_id, position

with

calls as (
    select * from marts.calls
),

settlements as (
    select * from marts.recommendation_scores
),

excess_levels as (
    select * from marts.excess_levels
),

calls_not_settled as (
    select *
    from calls
    where not exists (
        select 1 from settlements
        where
            calls.note_id = settlements.note_id
            and calls.position = settlements.position
    )
),

spreads_before as (
    select
        calls.note_id,
        calls.position,
        arg_max(levels.spread252, levels.trade_date) as spread252
    from calls_not_settled as calls
    inner join excess_levels as levels
        on
            calls.symbol = levels.symbol
            and calls.benchmark = levels.benchmark
            and calls.enters_after > levels.closed_at
    group by calls.note_id, calls.position
),

calls_with_their_spread as (
    select
        calls.note_id,
        calls.position,
        calls.model,
        calls.scope,
        calls.kind,
        calls.for_date,
        calls.symbol,
        calls.stance,
        calls.horizon,
        calls.confidence,
        calls.benchmark,
        calls.enters_after,
        calls.known_at,
        spreads.spread252
    from calls_not_settled as calls
    left join spreads_before as spreads
        on calls.note_id = spreads.note_id and calls.position = spreads.position
)

select * from calls_with_their_spread
