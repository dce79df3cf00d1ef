-- A value of a macro series of the universe on its date, in the series' own unit.
-- grain: date, series_id
-- Dates without a value (holidays, months that were never published) have no row.

with

observations as (
    select * from staging.observations where value is not null
),

universe_series as (
    select * from lake.universe_series
),

values_with_units as (
    select
        observations.date,
        observations.series_id,
        observations.value,
        universe_series.unit,
        observations.source,
        observations.sequence,
        observations.sha256,
        universe_series.publishable,
        observations.vintage_date,
        observations.known_at,
    from observations
    inner join universe_series using (series_id)
)

select * from values_with_units order by series_id, date
