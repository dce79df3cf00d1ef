-- A giver's flows sum to what it lacks, a taker's to what it has in excess.
-- severity: blocking

with

nodes as (
    select * from marts.region_nodes
),

flows as (
    select "window", from_node as node, -flow_usd as flow_usd from marts.region_flows
    union all
    select "window", to_node as node, flow_usd from marts.region_flows
),

windows_with_takers as (
    select distinct "window" from nodes where excess_usd > 0
),

flows_added_up as (
    select "window", node, sum(flow_usd) as flow_usd from flows group by "window", node
)

select "window", node, excess_usd, flow_usd
from nodes
inner join windows_with_takers using ("window")
left join flows_added_up using ("window", node)
where abs(excess_usd - coalesce(flow_usd, 0)) > 1e-9 * turnover_usd + 1e-6
