-- A symbol's day with its turnover, and an estimate of what was bought on balance.
-- grain: symbol, trade_date
-- view

select
    symbol,
    trade_date,
    turnover_usd,
    flow_multiplier,
    net_flow_usd,
    taker_imbalance,
    known_at,
from flows.daily
