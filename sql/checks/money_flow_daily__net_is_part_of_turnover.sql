-- Net flow is at most the turnover, in or out, and so are the takers.
-- severity: blocking

select symbol, trade_date, turnover_usd, flow_multiplier, net_flow_usd, taker_imbalance
from marts.money_flow_daily
where abs(flow_multiplier) > 1 + 1e-9
    or abs(net_flow_usd) > turnover_usd * (1 + 1e-9)
    or abs(taker_imbalance) > 1 + 1e-9
    or turnover_usd < 0
