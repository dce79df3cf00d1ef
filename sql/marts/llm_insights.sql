-- Every note that was kept, the rejected ones too, with the reason.
-- grain: note_id

with

notes as (
    select * from lake.notes
),

publication as (
    select * from lake.publication
),

notes_known as (
    select
        notes.note_id,
        notes.for_date,
        notes.scope,
        coalesce(notes.document ->> 'mode', 'daily') as mode,
        notes.published_at,
        notes.kind,
        notes.model,
        notes.prompt,
        notes.verified,
        notes.document ->> 'why' as why,
        notes.summary,
        cast(notes.document -> 'tokens' ->> 'prompt' as bigint) as prompt_tokens,
        cast(notes.document -> 'tokens' ->> 'completion' as bigint)
            as completion_tokens,
        cast(notes.document ->> 'cost_usd' as double) as cost_usd,
        notes.document ->> 'facts_hash' as facts_hash,
        notes.document,
        notes.sequence,
        notes.sha256,
        notes.published_at as known_at
    from notes
    inner join publication on notes.published_at <= publication.as_of
    qualify row_number() over (
        partition by notes.note_id order by notes.sequence
    ) = 1
)

select * from notes_known
