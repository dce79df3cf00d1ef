-- Pressure lies from -100 to 100, takers are a share, turnover is not negative.
-- severity: blocking

select symbol, trade_date, turnover_usd, pressure_pct, taker_imbalance
from marts.money_flow_daily
where abs(pressure_pct) > 100 + 1e-6
    or abs(taker_imbalance) > 1 + 1e-9
    or turnover_usd < 0
