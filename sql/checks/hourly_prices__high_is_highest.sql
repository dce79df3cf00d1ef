-- No price of a bar is above its high or below its low.
-- severity: blocking

select symbol, opened_at, source, open, high, low, close
from marts.hourly_prices
where high < greatest(open, close, low) * (1 - 1e-9)
    or low > least(open, close, high) * (1 + 1e-9)
    or open is null or high is null or low is null or close is null
