-- No bar is missing from a symbol's first one on.
-- severity: warning

select dataset, symbol, from_at, to_at, missing
from marts.gaps
where state = 'open'
