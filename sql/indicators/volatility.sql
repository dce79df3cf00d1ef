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
        seven(return_pct) / 7 as mean_of_seven,
        five(log_return) / 5 as mean_of_five,
        squares_of_five(log_return, mean_of_five) as squares,
    from bars
),

means as (
    select
        *,
        case when bar >= 6
            then sqrt(squares_of_seven(return_pct, mean_of_seven) / 6)
        end as vol7,
        case when bar >= 19 then four_fives(mean_of_five) / 4 end as mean,
    from periods
),

deviations as (
    select
        * exclude (periods_a_year, mean_of_seven, mean_of_five, squares, mean),
        100 * sqrt(
            periods_a_year * squares_of_four_fives(squares, mean_of_five, mean) / 19
        ) as volatility20_pct,
    from means
)

select * from deviations
