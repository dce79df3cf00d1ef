-- Every macro value leads to an answer that is in the lake.
-- severity: blocking

select series_id, date, source, sequence, sha256
from marts.macro_daily
anti join lake.answers using (sha256)
