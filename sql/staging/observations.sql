-- A macro series' value on a date, of the best source, as known at the as-of instant.
-- grain: series_id, date
-- A row with a vintage date is what was true on that date, one without is what was true
-- when it was fetched. By published dates, a vintage is known when its day is over, and
-- a revised series without vintages only from when it was fetched.

with

publication as (
    select as_of, basis from lake.publication
),

observations as (
    select * from lake.observations
),

universe_series as (
    select * from lake.universe_series
),

macro_chain as (
    select source, rank from lake.chains where dataset = 'macro'
),

versions_dated as (
    select
        observations.*,
        coalesce(universe_series.is_revised, false) as is_revised,
        coalesce(vintage_date, zone_date(fetched_at, 'America/Chicago')) as true_on,
        row_number() over (
            partition by series_id, date, source order by true_on, fetched_at, sequence
        ) as version,
    from observations
    left join universe_series using (series_id)
),

versions_known as (
    select
        versions_dated.*,
        case
            when publication.basis = 'known' then fetched_at
            when vintage_date is not null
                then least(fetched_at, cast(vintage_date as timestamp) + interval 1 day)
            when version = 1 and not is_revised then least(fetched_at, published_at)
            else fetched_at
        end as known_at,
    from versions_dated
    cross join publication
    where known_at <= publication.as_of
),

best_source_kept as (
    select versions_known.* exclude (is_revised, true_on, version)
    from versions_known
    left join macro_chain using (source)
    qualify row_number() over (
        partition by series_id, date
        order by coalesce(rank, 1000), source, version desc
    ) = 1
)

select * from best_source_kept
