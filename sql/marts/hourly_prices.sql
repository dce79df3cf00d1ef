-- An hour that is over, rolled up from minutes; complete when all 60 were there.
-- grain: symbol, opened_at
-- view

select
    symbol,
    opened_at,
    open,
    high,
    low,
    close,
    volume,
    quote_volume,
    trades,
    taker_buy_quote_volume,
    is_complete,
    source,
    known_at,
from aggregates.bars_hourly
