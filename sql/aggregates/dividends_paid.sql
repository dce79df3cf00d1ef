-- A day's dividends: it is the first from their ex-date on, its price is without them.
-- grain: symbol, opened_at
-- view
-- A series' first day has no return, and so no dividend.

with

days as (
    select * from aggregates.bars_daily
),

dividends as (
    select * from aggregates.dividends
),

dividends_of_days as (
    select
        days.symbol,
        days.opened_at,
        sum(dividend order by ex_date) as dividend,
        max(dividends.known_at) as known_at,
    from dividends
    asof inner join days
        on dividends.symbol = days.symbol and dividends.ex_date <= days.trade_date
    where days.adjustment != 'total' and (days.symbol, trade_date) not in (
        select (symbol, min(trade_date)) from aggregates.bars_daily group by symbol
    )
    group by all
)

select * from dividends_of_days
