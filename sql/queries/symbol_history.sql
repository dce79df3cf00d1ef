-- The last 30 days of one symbol with its indicators; --param symbol=SPY.

select *
from marts.daily_metrics
where symbol = $symbol
order by trade_date desc
limit 30
