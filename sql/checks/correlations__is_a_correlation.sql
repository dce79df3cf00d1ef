-- Correlations lie between -1 and 1, and are the same both ways.
-- severity: blocking

select there.symbol_a, there.symbol_b, there.days, there.r, back.r as r_back
from marts.correlations as there
left join marts.correlations as back
    on there.symbol_a = back.symbol_b and there.symbol_b = back.symbol_a
    and there.days = back.days
where abs(there.r) > 1 + 1e-9 or there.r is distinct from back.r
