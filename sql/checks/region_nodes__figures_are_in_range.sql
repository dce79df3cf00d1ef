-- A mean of pressures lies from -100 to 100, and turnover is not negative.
-- severity: blocking

select node, "window", turnover_usd, pressure_pct
from marts.region_nodes
where abs(pressure_pct) > 100 + 1e-6 or turnover_usd < 0
