-- The note that stands for a day and scope: verified; a model's before the rules'.
-- grain: for_date, scope

with

notes as (
    select * from lake.notes
),

publication as (
    select * from lake.publication
),

notes_known as (
    select notes.*
    from notes
    inner join publication on notes.published_at <= publication.as_of
    where
        notes.verified
        and coalesce(notes.document ->> 'mode', 'daily') in ('daily', 'refine')
),

notes_that_stand as (
    select
        for_date,
        scope,
        note_id,
        published_at,
        summary,
        recommendations,
        model,
        prompt,
        verified,
        document ->> 'why' as why,
        coalesce(document ->> 'recommended_by', model) as recommended_by,
        kind,
        facts,
        cast(document -> 'sanity' ->> 'confidence' as double) as data_confidence,
        document -> 'sanity' -> 'issues' as data_issues,
        document ->> 'refines' as refines,
        sequence,
        sha256,
        published_at as known_at
    from notes_known
    qualify row_number() over (
        partition by for_date, scope
        order by
            kind = 'live' desc, recommended_by <> 'rules' desc,
            published_at desc, sequence desc
    ) = 1
)

select * from notes_that_stand
