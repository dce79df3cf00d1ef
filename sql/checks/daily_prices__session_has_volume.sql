-- Over the last 252 sessions no equity has a session without volume.
-- severity: warning

select symbol, trade_date, source, volume
from marts.daily_prices
inner join marts.instruments using (symbol)
cross join aggregates.windows
where kind = 'equity'
    and "window" = '1Y'
    and trade_date >= from_date
    and coalesce(volume, 0) = 0
