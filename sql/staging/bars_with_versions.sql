-- A final bar of one source of which more than one version is known: few of them are.
-- grain: symbol, interval, opened_at, source

with

publication as (
    select as_of, basis from lake.publication
),

bars_known as (
    select symbol, interval, opened_at, source, fetched_at
    from lake.bars
    cross join publication
    where is_final and (basis != 'known' or fetched_at <= as_of)
),

bars_with_versions as (
    select
        symbol, interval, opened_at, source,
        count(*) as versions,
        max(fetched_at) as known_at,
    from bars_known
    group by symbol, interval, opened_at, source
    having count(*) > 1
)

select * from bars_with_versions
