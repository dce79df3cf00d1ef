-- Prices are above zero and finite, volumes are not below zero.
-- severity: blocking

select symbol, trade_date, source, open, high, low, close, volume
from marts.daily_prices
where not (low > 0 and isfinite(high)) or volume < 0 or not isfinite(volume)
