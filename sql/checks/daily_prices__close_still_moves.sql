-- No symbol's newest 5 closes are all the same: a price that stopped moving.
-- severity: warning

with

newest as (
    select *
    from marts.daily_prices
    qualify row_number() over (partition by symbol order by trade_date desc) <= 5
)

select
    symbol,
    min(trade_date) as since,
    any_value(source) as source,
    min(close) as close,
from newest
group by symbol
having count(*) = 5 and min(close) = max(close)
