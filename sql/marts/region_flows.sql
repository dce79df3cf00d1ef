-- Money moved over a window from one region to another, as matched in proportion.
-- grain: window, from_node, to_node
-- Signed turnover estimated from prices and volumes; no record of transfers.

with

edges as (
    select * from flows.edges where picture = 'region'
),

edges_of_picture as (
    select
        "window",
        sessions,
        anchor_date,
        from_node,
        to_node,
        flow_usd,
        known_at,
    from edges
)

select * from edges_of_picture order by sessions, from_node, to_node
