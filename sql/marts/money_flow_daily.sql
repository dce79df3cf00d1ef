-- A symbol's day with its turnover, its buying pressure (estimated), and its takers.
-- grain: symbol, trade_date
-- incremental: rows of 1d

with

flows as (
    select * from flows.daily
),

money_flow as (
    select
        symbol,
        trade_date,
        turnover_usd,
        pressure_pct,
        taker_imbalance,
        known_at,
    from flows
)

select * from money_flow order by symbol, trade_date
