-- Over a window the nodes' excesses sum to zero: nothing is made, nothing is lost.
-- severity: blocking

select "window", sum(excess_usd) as excess_usd, sum(turnover_usd) as turnover_usd
from marts.region_nodes
group by "window"
having abs(sum(excess_usd)) > 1e-9 * sum(turnover_usd)
