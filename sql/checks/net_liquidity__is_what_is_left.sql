-- Net liquidity is of a Wednesday, and what the three parts leave over.
-- severity: blocking

select date, net_liquidity_usd, walcl_usd, treasury_usd, rrpontsyd_usd, rrpontsyd_date
from marts.net_liquidity
where isodow(date) != 3
    or abs(walcl_usd - treasury_usd - rrpontsyd_usd - net_liquidity_usd) > 1
    or rrpontsyd_date > date
