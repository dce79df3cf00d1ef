-- The deviation of the 60 x before a symbol's day that has one, NULL for its first 60.
-- grain: symbol, trade_date
-- view

with

excess_returns as (
    select * from flows.excess_returns where excess_log_return is not null
)

select
    symbol,
    trade_date,
    case when count(*) over sixty_before = 60
        then stddev_samp(excess_log_return) over sixty_before
    end as deviation,
    known_at,
from excess_returns
window sixty_before as (
    partition by symbol order by trade_date rows between 60 preceding and 1 preceding
)
