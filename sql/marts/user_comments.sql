-- A comment that an analyst wrote on a note.
-- grain: comment_id

with

comments as (
    select * from lake.comments
),

publication as (
    select * from lake.publication
),

comments_known as (
    select
        comments.comment_id,
        comments.for_date,
        comments.scope,
        comments.author,
        comments.text,
        comments.written_at,
        comments.sequence,
        comments.sha256,
        comments.written_at as known_at
    from comments
    inner join publication on comments.written_at <= publication.as_of
    qualify row_number() over (
        partition by comments.comment_id order by comments.sequence
    ) = 1
)

select * from comments_known order by written_at, sequence
