-- Every hour was over, and known, at the as-of instant.
-- severity: blocking

select symbol, opened_at, known_at, as_of
from marts.hourly_prices
cross join lake.publication
where known_at > as_of or opened_at + interval 1 hour > as_of
