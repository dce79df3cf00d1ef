-- Over the last 100 days no source's close differs from another's by more than 0.5 %.
-- severity: warning

with

others as (
    select bars.*, cast(opened_at as date) as date
    from staging.bars as bars
    where interval = '1d' and adjustment != 'total'
),

splits as (
    select symbol, ex_date, value from staging.actions where kind = 'split'
),

others_as_traded as (
    select
        others.symbol,
        others.date as trade_date,
        others.source,
        any_value(others.close) * coalesce(product(splits.value), 1) as close,
    from others
    left join splits
        on others.symbol = splits.symbol
        and others.adjustment = 'split'
        and others.date < splits.ex_date
        and splits.ex_date <= eastern_date(others.fetched_at)
    group by others.symbol, others.date, others.source
)

select
    prices.symbol,
    prices.trade_date,
    prices.source,
    prices.close_as_traded,
    others.source as other_source,
    others.close as other_close,
from marts.daily_prices as prices
inner join others_as_traded as others using (symbol, trade_date)
cross join lake.publication
where prices.source != others.source
    and prices.adjustment != 'total'
    and prices.trade_date > as_of - interval 100 day
    and abs(others.close / prices.close_as_traded - 1) > 0.005
