-- Every source that has its key and goes first answers, and in time.
-- severity: warning

select source, status, why, newest, expected_next_at
from marts.source_status
where status in ('failed', 'late')
