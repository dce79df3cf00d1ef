-- A symbol of a region or asset class: the first is the node, others stand beside it.
-- grain: picture, node, symbol

with

publication as (
    select as_of, basis from lake.publication
),

nodes as (
    select * from lake.nodes
),

instruments as (
    select symbol, kind from lake.instruments
),

nodes_with_kind as (
    select
        nodes.*,
        instruments.kind,
        publication.as_of as known_at,
    from nodes
    inner join instruments using (symbol)
    cross join publication
)

select * from nodes_with_kind
