-- Volatilities of a bar.
-- grain: symbol, interval, opened_at
-- incremental: after 20 bars
-- unit: percent
-- definition: vol7 is the sample standard deviation of the last 7 returns, not
-- definition: annualised; volatility20_pct that of the last 20 log total returns,
-- definition: annualised with 252 days, crypto 365 days or 8760 hours; NULL for hours
-- definition: of equities.

with

bars as (
    select * from aggregates.bars_final
),

periods as (
    select
        *,
        case
            when kind = 'crypto' and interval = '1h' then 8760
            when kind = 'crypto' then 365
            when interval = '1d' then 252
        end as periods_a_year,
    from bars
),

deviations as (
    select
        symbol,
        interval,
        opened_at,
        sample_deviation_of_7(return_pct) as vol7,
        100 * sqrt(periods_a_year) * sample_deviation_of_20(log_return)
            as volatility20_pct,
        known_at,
    from periods
)

select * from deviations
