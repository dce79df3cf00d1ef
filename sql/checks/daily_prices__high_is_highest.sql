-- No price of a bar is above its high or below its low.
-- severity: blocking

select symbol, trade_date, source, open, high, low, close
from marts.daily_prices
where high < greatest(open, close, low) * (1 - 1e-9)
    or low > least(open, close, high) * (1 + 1e-9)
    or open is null or high is null or low is null or close is null
