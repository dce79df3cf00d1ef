-- A week closes within 0.5 % of its last day, where that day is held too.
-- severity: warning

select
    weeks.symbol,
    weeks.from_date,
    weeks.to_date,
    weeks.source,
    weeks.close,
    days.source as day_source,
    days.close_as_traded,
from marts.weekly_prices as weeks
inner join marts.daily_prices as days
    on weeks.symbol = days.symbol and weeks.to_date = days.trade_date
where days.adjustment != 'total'
    and abs(weeks.close / days.close_as_traded - 1) > 0.005
