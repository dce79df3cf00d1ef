-- Dividends a share, in today's shares: adjusted for splits up to the as-of day.
-- grain: symbol, ex_date

with

as_of_day as (
    select as_of_date from staging.as_of_day
),

dividends as (
    select * from staging.actions where kind = 'dividend'
),

splits as (
    select symbol, ex_date as split_date, value as factor, known_at as split_known_at
    from staging.actions
    where kind = 'split'
),

dividends_adjusted as (
    select
        dividends.symbol,
        dividends.ex_date,
        any_value(dividends.value)
            * coalesce(product(factor order by split_date)
                filter (split_date <= quoted_through), 1)
            / coalesce(product(factor order by split_date)
                filter (split_date <= as_of_date), 1)
            as dividend,
        greatest(
            any_value(dividends.known_at),
            max(split_known_at) filter (split_date <= as_of_date)
        ) as known_at,
    from dividends
    cross join as_of_day
    left join splits
        on dividends.symbol = splits.symbol and dividends.ex_date < splits.split_date
    group by dividends.symbol, dividends.ex_date
)

select * from dividends_adjusted
