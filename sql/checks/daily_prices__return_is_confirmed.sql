-- Over 100 days a second source confirms each return beyond 8 robust deviations.
-- severity: warning
-- Deviations are from the median of the symbol's last 252 total returns, and 1.4826
-- times their median absolute deviation. Confirmed is a close that another source gave
-- to within 0.5 %.

with

returns as (
    select symbol, trade_date, close, total_return_pct as return_pct
    from aggregates.bars_final
    where interval = '1d' and total_return_pct is not null
    qualify row_number() over (partition by symbol order by trade_date desc) <= 252
),

spreads as (
    select
        symbol,
        median(return_pct) as middle,
        1.4826 * mad(return_pct) as deviation,
    from returns
    group by symbol
    having count(*) >= 60 and deviation > 0
),

confirmed as (
    select prices.symbol, prices.trade_date
    from marts.daily_prices as prices
    inner join aggregates.closes_elsewhere as others using (symbol, trade_date)
    where prices.source != others.source
        and abs(others.close / prices.close_as_traded - 1) <= 0.005
)

select
    symbol,
    trade_date,
    return_pct,
    abs(return_pct - middle) / deviation as robust_deviations,
from returns
inner join spreads using (symbol)
anti join confirmed using (symbol, trade_date)
cross join lake.publication
where trade_date > as_of - interval 100 day
    and abs(return_pct - middle) > 8 * deviation
