-- No series is older than 14 days or three times its own usual step.
-- severity: warning

with

dates as (
    select
        series_id,
        date,
        date - lag(date) over (partition by series_id order by date) as step,
    from marts.macro_daily
    qualify row_number() over (partition by series_id order by date desc) <= 24
),

series as (
    select
        universe.series_id,
        max(dates.date) as newest,
        median(dates.step) as step,
    from lake.universe_series as universe
    left join dates using (series_id)
    group by universe.series_id
)

select series_id, newest, step
from series
cross join lake.publication
where newest is null
    or cast(as_of as date) - newest > greatest(14, 3 * coalesce(step, 31))
