-- Days that minutes or hours cover to their end close within 0.5 % of the daily bar.
-- severity: warning

with

intraday as (
    select
        *,
        case interval when '1m' then interval 1 minute else interval 1 hour end as step,
    from staging.bars
    where interval in ('1m', '1h')
),

days as (
    select prices.*, coalesce(closed_at, prices.opened_at + interval 1 day) as ends_at
    from marts.daily_prices as prices
    inner join marts.instruments using (symbol)
    left join lake.sessions as sessions
        on kind = 'equity' and prices.trade_date = sessions.trade_date
    where adjustment != 'total'
)

select
    days.symbol,
    days.trade_date,
    days.close_as_traded,
    intraday.interval,
    intraday.source,
    intraday.close,
from days
inner join intraday
    on days.symbol = intraday.symbol
    and days.ends_at = intraday.opened_at + intraday.step
where abs(intraday.close / days.close_as_traded - 1) > 0.005
