-- A value that a source changed after it had given another for the same bar or date.
-- grain: kind, symbol, interval, at, field, source, known_at, sequence
-- Final bars only. Left out: `adj_close`, because each dividend moves all of its past,
-- and rows that were asked for as vintages: they say what was true then, not what a
-- source told us first.

with

publication as (
    select * from lake.publication
),

bars as (
    select * from lake.bars where is_final
),

bars_with_versions as (
    select symbol, interval, opened_at, source
    from bars
    group by symbol, interval, opened_at, source
    having count(*) > 1
),

observations as (
    select * from lake.observations
),

values_known as (
    select
        'bar' as kind, symbol, interval, opened_at as "at",
        source, sequence, fetched_at,
        unnest(['open', 'high', 'low', 'close', 'volume']) as field,
        unnest([open, high, low, close, volume]) as value,
    from bars
    semi join bars_with_versions using (symbol, interval, opened_at, source)
    union all
    select
        'observation' as kind, series_id as symbol, '' as interval, date as "at",
        source, sequence, fetched_at, 'value' as field, value,
    from observations
    where vintage_date is null
),

values_compared as (
    select
        kind, symbol, interval, "at", field,
        lag(value) over versions as old_value,
        value as new_value,
        source,
        sequence,
        lag(fetched_at) over versions as was_known_at,
        fetched_at as known_at,
    from values_known
    cross join publication
    where fetched_at <= as_of
    window versions as (
        partition by kind, symbol, interval, "at", field, source
        order by fetched_at, sequence
    )
),

revisions as (
    select *
    from values_compared
    where was_known_at is not null and old_value is distinct from new_value
)

select * from revisions order by known_at, kind, symbol, "at", field, source
