-- A giver's flows sum to what it lacks, a taker's to what it has in excess.
-- severity: blocking

with

nodes as (
    select *, max(excess_usd) over (partition by "window") as most_taken
    from marts.asset_nodes
),

flows as (
    select "window", from_node as node, -flow_usd as flow_usd from marts.asset_flows
    union all
    select "window", to_node as node, flow_usd from marts.asset_flows
),

flows_added_up as (
    select "window", node, sum(flow_usd) as flow_usd from flows group by "window", node
)

select "window", node, excess_usd, flow_usd
from nodes
left join flows_added_up using ("window", node)
where most_taken > 0
    and abs(excess_usd - coalesce(flow_usd, 0)) > 1e-9 * turnover_usd + 1e-6
