-- A flow over a window from a node below the picture's share to a node above it.
-- grain: picture, window, from_node, to_node
-- Matched in proportion: flow(i, j) = -e_i * e_j / sum of positive e. No record of
-- transfers. None when a node of the picture is NULL or nobody takes.

with

nodes as (
    select * from flows.nodes
),

totals as (
    select
        picture,
        "window",
        sum(excess_usd order by position) filter (excess_usd > 0) as taken_usd,
        max(known_at) as known_at,
    from nodes
    group by picture, "window"
),

givers_matched_with_takers as (
    select
        totals.picture,
        totals."window",
        giver.sessions,
        giver.anchor_date,
        giver.node as from_node,
        taker.node as to_node,
        -giver.excess_usd * taker.excess_usd / taken_usd as flow_usd,
        totals.known_at,
    from totals
    inner join nodes as giver
        on totals.picture = giver.picture and totals."window" = giver."window"
        and giver.excess_usd < 0
    inner join nodes as taker
        on totals.picture = taker.picture and totals."window" = taker."window"
        and taker.excess_usd > 0
)

select * from givers_matched_with_takers
