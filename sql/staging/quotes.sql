-- A quote that was known at the as-of instant, the last one of its source and instant.
-- grain: symbol, source, quoted_at

with

publication as (
    select as_of from lake.publication
),

quotes as (
    select * from lake.quotes
),

quotes_known as (
    select
        quotes.*,
        fetched_at as known_at,
    from quotes
    cross join publication
    where fetched_at <= publication.as_of
),

newest_version_kept as (
    select *
    from quotes_known
    qualify row_number() over (
        partition by symbol, source, quoted_at order by fetched_at desc, sequence desc
    ) = 1
)

select * from newest_version_kept
