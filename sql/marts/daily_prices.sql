-- A final daily bar of the best source, split-adjusted, with the close as traded.
-- grain: symbol, trade_date
-- view

select
    symbol,
    trade_date,
    opened_at,
    open,
    high,
    low,
    close,
    close_as_traded,
    adj_close,
    volume,
    quote_volume,
    taker_buy_quote_volume,
    trades,
    source,
    adjustment,
    sequence,
    sha256,
    known_at,
from aggregates.bars_daily
