-- A recommendation that was settled or found void, as it was written down first.
-- grain: note_id, position

with

settlements as (
    select * from lake.settlements
),

publication as (
    select * from lake.publication
),

settlements_first_written as (
    select
        settlements.note_id,
        settlements.position,
        settlements.model,
        settlements.scope,
        settlements.symbol,
        settlements.stance,
        settlements.horizon,
        settlements.kind,
        settlements.for_date,
        settlements.entry_date,
        settlements.exit_date,
        settlements.status,
        settlements.benchmark,
        settlements.excess_return_pct,
        settlements.is_hit,
        finite_or_null(settlements.confidence) as confidence,
        settlements.base_rate,
        settlements.settled_at,
        settlements.sequence,
        settlements.sha256,
        settlements.settled_at as known_at
    from settlements
    inner join publication on settlements.settled_at <= publication.as_of
    qualify row_number() over (
        partition by settlements.note_id, settlements.position
        order by settlements.sequence
    ) = 1
)

select * from settlements_first_written
