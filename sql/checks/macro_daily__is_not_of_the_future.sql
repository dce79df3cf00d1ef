-- Every macro value was known at the as-of instant.
-- severity: blocking

select series_id, date, value, known_at, as_of
from marts.macro_daily
cross join lake.publication
where known_at > as_of
