-- A region or asset class over a window: the figures of its first symbol.
-- grain: picture, node, window

with

nodes as (
    select * from staging.nodes where is_first
),

windows as (
    select * from flows.windows
),

volatilities as (
    select symbol, trade_date as anchor_date, volatility20_pct, known_at
    from indicators.metrics
    where interval = '1d' and not is_suspect
        and trade_date in (select anchor_date from windows)
),

nodes_with_metrics as (
    select
        nodes.picture,
        nodes.node,
        nodes.position,
        windows.* exclude (known_at),
        volatilities.volatility20_pct as volatility_pct,
        greatest(windows.known_at, volatilities.known_at) as known_at,
    from nodes
    inner join windows using (symbol)
    left join volatilities using (symbol, anchor_date)
)

select * from nodes_with_metrics
