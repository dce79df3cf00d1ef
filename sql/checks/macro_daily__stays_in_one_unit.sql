-- No amount in dollars is a hundred times the one before it, or a hundredth.
-- severity: blocking
-- It would be of another unit, told by nobody where no source describes its series.
-- Overnight repurchases are left out: they were next to nothing for years.

with

amounts as (
    select
        series_id,
        date,
        value,
        lag(value) over (partition by series_id order by date) as value_before,
    from marts.macro_daily
    inner join lake.universe_series using (series_id)
    where usd_factor is not null and series_id != 'RRPONTSYD'
)

select series_id, date, value_before, value
from amounts
where greatest(ratio(value, value_before), ratio(value_before, value)) > 100
