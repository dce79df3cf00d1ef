-- Advancers, decliners and unchanged symbols are all symbols, shares are shares.
-- severity: blocking

select trade_date, symbols, advancers, decliners, unchanged, breadth, momentum_score
from marts.market_internals
where advancers + decliners + unchanged != symbols
    or abs(breadth) > 1
    or abs(momentum_score) > 1
    or abs(pressure_pct) > 100 + 1e-6
    or correlation_strength not between 0 and 1 + 1e-9
    or vix_date > trade_date
