-- Prices are above zero and finite, volumes are not below zero.
-- severity: blocking

select symbol, opened_at, source, open, high, low, close, volume
from marts.hourly_prices
where not (low > 0 and isfinite(high)) or volume < 0 or not isfinite(volume)
