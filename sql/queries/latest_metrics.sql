-- The newest day of every symbol: close, returns, RSI, pressure.

select
    m.symbol,
    m.trade_date,
    m.close,
    m.return_pct,
    m.rsi14,
    m.macd_histogram,
    f.pressure_pct,
from marts.daily_metrics as m
left join marts.money_flow_daily as f using (symbol, trade_date)
qualify row_number() over (partition by m.symbol order by m.trade_date desc) = 1
order by m.symbol
