-- No bar is missing that the source may still give.
-- severity: warning

select dataset, symbol, from_at, to_at, missing, why
from marts.gaps
where state = 'suspected'
