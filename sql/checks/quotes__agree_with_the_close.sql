-- A quote taken at a close differs from that close by 0.5 % at most, over 100 days.
-- severity: warning

select
    prices.symbol,
    prices.trade_date,
    prices.source,
    prices.close_as_traded,
    quotes.source as quote_source,
    quotes.close as price,
from marts.daily_prices as prices
inner join aggregates.closes_elsewhere as quotes using (symbol, trade_date)
cross join lake.publication
where quotes.kind = 'quote'
    and prices.trade_date > as_of - interval 100 day
    and abs(quotes.close / prices.close_as_traded - 1) > 0.005
