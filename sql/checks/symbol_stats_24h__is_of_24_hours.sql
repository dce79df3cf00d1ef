-- The 24 hours hold at most 1,440 minutes, and the price lies between low and high.
-- severity: blocking

select symbol, from_at, to_at, minutes, price, low, high
from marts.symbol_stats_24h
where minutes > 1440
    or to_at != from_at + interval 24 hour
    or not price between low and high
