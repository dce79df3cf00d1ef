-- Every daily bar leads to an answer that is in the lake.
-- severity: blocking

select symbol, trade_date, source, sequence, sha256
from marts.daily_prices
anti join lake.answers using (sha256)
