-- A complete hour of a symbol with every indicator of it.
-- grain: symbol, opened_at
-- view
-- Hours with missing minutes have no row: an average would take them for whole ones.

with

bars as (
    select * from indicators.metrics where interval = '1h'
),

metrics as (
    select
        symbol,
        opened_at,
        bars.* exclude (symbol, opened_at, trade_date, interval, is_suspect),
    from bars
)

select * from metrics
