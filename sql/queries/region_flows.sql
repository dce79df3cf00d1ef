-- Estimated flows between regions over the last 21 sessions, largest first.

select
    from_node,
    to_node,
    flow_usd,
from marts.region_flows
where "window" = '1M'
order by flow_usd desc
