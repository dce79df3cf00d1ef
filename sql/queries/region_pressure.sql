-- Buying pressure of the regions over the last 21 sessions, estimated, highest first.

select
    node,
    pressure_pct,
    return_pct,
from marts.region_nodes
where "window" = '1M'
order by pressure_pct desc
