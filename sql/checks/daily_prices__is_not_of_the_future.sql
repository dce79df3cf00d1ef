-- Every daily bar was over, and known, at the as-of instant.
-- severity: blocking

select symbol, trade_date, prices.opened_at, prices.known_at, as_of
from marts.daily_prices as prices
cross join lake.publication
left join lake.sessions as sessions using (trade_date)
inner join marts.instruments using (symbol)
where prices.known_at > as_of
    or as_of < case
        when kind = 'crypto' then prices.opened_at + interval 1 day
        else sessions.closed_at + interval 1 hour
    end
