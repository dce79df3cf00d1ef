-- An asset class over a window up to the anchor: its first symbol's flow and return.
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
    net_flow_usd,
    net_flow_pct,
    return_pct,
    volatility_pct,
    intensity,
    excess_usd,
    position,
    known_at,
from flows.nodes
where picture = 'asset'
order by sessions, position
