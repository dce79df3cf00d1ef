-- A final bar of one source, in its newest version known at the as-of instant.
-- grain: symbol, interval, opened_at, source
-- By published dates, the first version is known from when it was published.

with

publication as (
    select as_of, basis from lake.publication
),

bars as (
    select * exclude (is_final) from lake.bars where is_final and isfinite(close)
),

versions_numbered as (
    select
        *,
        row_number() over (
            partition by symbol, interval, opened_at, source
            order by fetched_at, sequence
        ) as version,
    from bars
),

versions_known as (
    select
        versions_numbered.*,
        case
            when basis = 'published' and version = 1
                then least(fetched_at, published_at)
            else fetched_at
        end as known_at,
    from versions_numbered
    cross join publication
    where known_at <= as_of
),

newest_version_kept as (
    select * exclude (version)
    from versions_known
    qualify row_number() over (
        partition by symbol, interval, opened_at, source order by version desc
    ) = 1
)

select * from newest_version_kept
