-- A region over a window up to the anchor: its first symbol's figures.
-- grain: node, window

with

nodes as (
    select * from flows.nodes where picture = 'region'
),

nodes_of_picture as (
    select
        node,
        symbol,
        "window",
        sessions,
        anchor_date,
        from_date,
        first_day,
        turnover_usd,
        pressure_pct,
        return_pct,
        volatility_pct,
        position,
        known_at,
    from nodes
)

select * from nodes_of_picture order by sessions, position
