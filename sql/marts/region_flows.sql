-- Money moved over a window from one region to another, as matched in proportion.
-- grain: window, from_node, to_node
-- view
-- Signed turnover estimated from prices and volumes; no record of transfers.

select
    "window",
    sessions,
    anchor_date,
    from_node,
    to_node,
    flow_usd,
    known_at,
from flows.edges
where picture = 'region'
order by sessions, from_node, to_node
