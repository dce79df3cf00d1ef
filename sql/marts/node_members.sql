-- A symbol of a region or asset class over a window; only the first one makes the node.
-- grain: picture, node, symbol, window

with

nodes as (
    select * exclude (known_at) from staging.nodes
),

windows as (
    select * from flows.windows
),

members as (
    select
        nodes.picture,
        nodes.node,
        symbol,
        nodes.is_first,
        nodes.position,
        windows."window",
        windows.sessions,
        windows.turnover_usd,
        windows.pressure_pct,
        windows.return_pct,
        windows.known_at,
    from nodes
    inner join windows using (symbol)
)

select * from members order by picture, sessions, position
