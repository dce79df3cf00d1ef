-- A final day of a symbol with every indicator of it.
-- grain: symbol, trade_date
-- view
-- A day with a return that nothing explains is left out: its figures cannot be trusted.
-- Whatever sql/indicators holds is a column here.

select
    symbol,
    trade_date,
    metrics.* exclude (symbol, trade_date, interval, is_suspect),
from indicators.metrics as metrics
where interval = '1d' and not is_suspect
