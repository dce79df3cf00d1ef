-- A final day of a symbol with every indicator of it.
-- grain: symbol, trade_date
-- incremental: rows of 1d
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
        bars.* exclude (
            symbol, trade_date, interval, kind, bar, open, high, low, volume, is_total,
            previous_date, previous_close, change, is_suspect
        ),
    from bars
)

select * from metrics order by symbol, trade_date
