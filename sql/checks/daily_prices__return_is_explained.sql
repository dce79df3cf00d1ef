-- Over the last year splits and dividends explain all returns beyond 40 % in a day.
-- severity: warning

select symbol, trade_date, return_pct, total_return_pct, close, previous_close
from aggregates.bars_final
cross join aggregates.anchor
where is_suspect and trade_date > anchor_date - interval 366 day
