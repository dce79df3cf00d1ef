-- Volatilities of a bar.
-- grain: symbol, interval, opened_at
-- unit: percent
-- definition: vol7 is the sample standard deviation of the last 7 returns, not
-- definition: annualised; volatility20_pct that of the last 20 log total returns,
-- definition: annualised with 252 days, crypto 365 days or 8760 hours; NULL for hours
-- definition: of equities.
-- column: vol7 | Volatility 7 | 8 bars | Sample deviation of 7 returns.
-- column: volatility20_pct | Volatility 20 | 21 bars | Of 20 log returns, annualised.

with

bars as (
    select
        *,
        case
            when kind = 'crypto' and interval = '1h' then 8760
            when kind = 'crypto' then 365
            when interval = '1d' then 252
        end as periods_a_year,
    from aggregates.bars_final
)

-- stdev() divides by n, a sample's deviation by n - 1
select
    symbol,
    interval,
    opened_at,
    stdev(return_pct, 7) * sqrt(7 / 6) as vol7,
    100 * stdev(log_return, 20) * sqrt(20 / 19 * periods_a_year) as volatility20_pct,
from bars
