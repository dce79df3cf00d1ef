-- The deviation of the 60 x before a symbol's day that has one, NULL for its first 60.
-- grain: symbol, trade_date
-- inlined

with

excess_returns as (
    select * from flows.excess_returns
),

returns_in_order as (
    select symbol, trade_date, number, excess_log_return as x
    from excess_returns
    where x is not null
    order by symbol, trade_date
),

-- the mean and the squared differences to it, of five, then of twenty, then of sixty
returns_of_five as (
    select *, five(x) / 5 as mean_of_five, squares_of_five(x, mean_of_five) as squares,
    from returns_in_order
),

returns_of_twenty as (
    select
        symbol, trade_date, number,
        four_fives(mean_of_five) / 4 as mean,
        squares_of_four_fives(squares, mean_of_five, mean) as squares,
    from returns_of_five
),

returns_of_sixty as (
    select
        *,
        (mean + ago(mean, 20) + ago(mean, 40)) / 3 as mean_of_sixty,
        squares + ago(squares, 20) + ago(squares, 40) + 20 * (
            square(mean - mean_of_sixty) + square(ago(mean, 20) - mean_of_sixty)
            + square(ago(mean, 40) - mean_of_sixty)
        ) as squares_of_sixty,
    from returns_of_twenty
),

deviations as (
    select
        symbol,
        trade_date,
        case when number >= 60 then sqrt(ago(squares_of_sixty, 1) / 59) end
            as deviation,
    from returns_of_sixty
)

select * from deviations
