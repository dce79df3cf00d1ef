-- A final day of a symbol with every indicator of it.
-- grain: symbol, trade_date
-- incremental: rows of 1d
-- view
-- A day with a return that nothing explains is left out: its figures cannot be trusted.
-- Whatever sql/indicators holds is a column here.

with

bars as (
    select * from indicators.assembled where interval = '1d' and not is_suspect
),

metrics as (
    select
        symbol,
        trade_date,
        bars.* exclude (symbol, trade_date, interval, bar, is_suspect),
    from bars
)

select * from metrics
