-- A symbol's day with its turnover, and an estimate of what was bought on balance.
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
        flow_multiplier,
        net_flow_usd,
        taker_imbalance,
        known_at,
    from flows
)

select * from money_flow order by symbol, trade_date
