-- A symbol's day with its turnover, its buying pressure (estimated), and its takers.
-- grain: symbol, trade_date
-- view

select
    symbol,
    trade_date,
    turnover_usd,
    pressure_pct,
    taker_imbalance,
    known_at,
from flows.daily
