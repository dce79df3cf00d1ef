-- A complete hour of a symbol with every indicator of it.
-- grain: symbol, opened_at
-- view
-- Hours with missing minutes have no row: an average would take them for whole ones.

select
    symbol,
    opened_at,
    metrics.* exclude (symbol, opened_at, trade_date, interval, is_suspect),
from indicators.metrics as metrics
where interval = '1h'
