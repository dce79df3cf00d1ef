-- A complete hour of a symbol with every indicator of it.
-- grain: symbol, opened_at
-- incremental: rows of 1h
-- view
-- Hours with missing minutes have no row: an average would take them for whole ones.

with

bars as (
    select * from indicators.assembled where interval = '1h'
),

metrics as (
    select
        symbol,
        opened_at,
        bars.* exclude (symbol, opened_at, trade_date, interval, bar, is_suspect),
    from bars
)

select * from metrics
