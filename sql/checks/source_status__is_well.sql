-- Every source that was asked answers, and those that go first are in time.
-- severity: warning

select source, status, why, newest, expected_next_at
from marts.source_status
where status in ('failed', 'late')
