-- Every daily bar of an equity is of a session of the exchanges' calendar.
-- severity: warning

select symbol, opened_at, source, close
from staging.bars
inner join marts.instruments using (symbol)
anti join lake.sessions using (opened_at)
where kind = 'equity' and interval = '1d'
