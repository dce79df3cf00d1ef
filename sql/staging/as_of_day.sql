-- The day on the US East coast of the as-of instant: splits count up to it.
-- grain: as_of_date

select
    eastern_date(as_of) as as_of_date,
    cast(eastern_date(as_of) as timestamp) as known_at,
from lake.publication
