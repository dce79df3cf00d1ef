-- A whole session of five-minute bars has its day's high, low and close within 0.5 %.
-- severity: warning

with

days as (
    select *, ratio(close_as_traded, close) as as_traded
    from marts.daily_prices
    where adjustment != 'total'
),

sessions as (
    select * from aggregates.sessions_rolled_up where is_complete
)

select
    days.symbol,
    days.trade_date,
    days.source,
    days.high * as_traded as high,
    days.low * as_traded as low,
    days.close_as_traded,
    sessions.source as intraday_source,
    sessions.high as intraday_high,
    sessions.low as intraday_low,
    sessions.close as intraday_close,
from days
inner join sessions using (symbol, trade_date)
where abs(sessions.close / days.close_as_traded - 1) > 0.005
    or abs(sessions.high / (days.high * as_traded) - 1) > 0.005
    or abs(sessions.low / (days.low * as_traded) - 1) > 0.005
