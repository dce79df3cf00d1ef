-- An asset class over a window up to the anchor: its first symbol's figures.
-- grain: node, window
-- view

select
    node,
    symbol,
    "window",
    sessions,
    anchor_date,
    from_date,
    first_day,
    turnover_usd,
    pressure_pct,
    return_pct,
    volatility_pct,
    position,
    known_at,
from flows.nodes
where picture = 'asset'
order by sessions, position
