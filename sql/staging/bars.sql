-- A final bar of one source, in its newest version known at the as-of instant.
-- grain: symbol, interval, opened_at, source
-- Nearly all bars have one version: only the others are put in order, which is what
-- lets millions of minutes pass.

with

publication as (
    select as_of, basis from lake.publication
),

bars as (
    select * exclude (is_final) from lake.bars where is_final and isfinite(close)
),

bars_with_versions as (
    select * from staging.bars_with_versions
),

versions_numbered as (
    select bars.*, 1 as version
    from bars
    anti join bars_with_versions using (symbol, interval, opened_at, source)
    union all
    select
        bars.*,
        row_number() over (
            partition by symbol, interval, opened_at, source
            order by fetched_at, sequence
        ) as version,
    from bars
    semi join bars_with_versions using (symbol, interval, opened_at, source)
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

newest_versions as (
    select symbol, interval, opened_at, source, max(version) as version
    from versions_known
    semi join bars_with_versions using (symbol, interval, opened_at, source)
    group by symbol, interval, opened_at, source
),

newest_version_kept as (
    select versions_known.* exclude (version)
    from versions_known
    left join newest_versions as newest using (symbol, interval, opened_at, source)
    where versions_known.version = coalesce(newest.version, 1)
)

select * from newest_version_kept
