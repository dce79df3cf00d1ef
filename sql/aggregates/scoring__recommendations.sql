-- A recommendation that counts: a model's first for a date, scope, symbol and horizon.
-- grain: note_id, position

with

notes as (
    select * from lake.notes
),

publication as (
    select * from lake.publication
),

sessions as (
    select * from lake.sessions
),

notes_known as (
    select notes.*
    from notes
    inner join publication on notes.published_at <= publication.as_of
    where
        notes.verified
        -- a version that was refined after the next close knows what happened
        and coalesce(notes.document ->> 'counts', 'true') = 'true'
),

-- a replayed note was written later than it pretends: it enters after its date's close
notes_with_their_instant as (
    select
        notes_known.*,
        -- the rules carry over the calls of the note that they refine
        coalesce(notes_known.document ->> 'recommended_by', notes_known.model)
            as recommended_by,
        case
            when notes_known.kind = 'live' then notes_known.published_at
            else least(notes_known.published_at, sessions.closed_at)
        end as enters_after
    from notes_known
    left join sessions on notes_known.for_date = sessions.trade_date
),

recommendations_unfolded as (
    select
        notes.note_id,
        listed.position,
        notes.recommended_by as model,
        notes.scope,
        notes.kind,
        notes.for_date,
        notes.published_at,
        notes.enters_after,
        notes.sequence,
        listed.recommendation ->> 'symbol' as symbol,
        listed.recommendation ->> 'stance' as stance,
        cast(listed.recommendation ->> 'horizon' as integer) as horizon,
        -- kept notes of before replies were read strictly may hold NaN
        finite_or_null(
            cast(listed.recommendation ->> 'confidence' as double)
        ) as confidence,
        listed.recommendation ->> 'benchmark' as benchmark,
        notes.published_at as known_at
    from notes_with_their_instant as notes,
        unnest(cast(notes.recommendations as json[])) with ordinality
            as listed (recommendation, position)
),

recommendations_that_count as (
    select *
    from recommendations_unfolded
    qualify row_number() over (
        partition by kind, model, for_date, scope, symbol, horizon
        order by published_at, sequence, position
    ) = 1
)

select * from recommendations_that_count
