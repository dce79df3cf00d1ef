-- Bounded indicators keep to their bounds, and the bands to their order.
-- severity: blocking

select symbol, opened_at, close, rsi14, mfi14, cmf20, bollinger_lower, low20, high20
from marts.hourly_metrics
where rsi14 not between -1e-6 and 100 + 1e-6
    or mfi14 not between -1e-6 and 100 + 1e-6
    or cmf20 not between -1 - 1e-6 and 1 + 1e-6
    or bollinger_lower > bollinger_upper
    or not close between low20 * (1 - 1e-9) and high20 * (1 + 1e-9)
    or atr14 < 0 or vol7 < 0 or volatility20_pct < 0
