-- Every symbol has the bar of its last final day.
-- severity: warning

select
    symbol,
    max(trade_date) as newest,
    any_value(case
        when kind = 'crypto' then cast(as_of as date) - 1
        else (select max(trade_date) from staging.sessions where is_final)
    end) as expected,
from marts.instruments
left join marts.daily_prices using (symbol)
cross join lake.publication
where kind in ('equity', 'crypto')
group by symbol
having newest is null or newest < expected
