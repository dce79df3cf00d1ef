-- Over the last 100 days no source's close differs from another's by more than 0.5 %.
-- severity: warning

select
    prices.symbol,
    prices.trade_date,
    prices.source,
    prices.close_as_traded,
    others.source as other_source,
    others.close as other_close,
from marts.daily_prices as prices
inner join aggregates.closes_elsewhere as others using (symbol, trade_date)
cross join lake.publication
where others.kind = 'bar'
    and prices.source != others.source
    and prices.adjustment != 'total'
    and prices.trade_date > as_of - interval 100 day
    and abs(others.close / prices.close_as_traded - 1) > 0.005
