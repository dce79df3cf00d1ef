-- An instrument of the universe with the groups that it belongs to.
-- grain: symbol

with

publication as (
    select * from lake.publication
),

instruments as (
    select * from lake.instruments
),

nodes as (
    select * from lake.nodes
),

members as (
    select symbol, node from nodes
    union all
    select symbol, 'watchlist' as node from instruments where is_watchlist
),

groups_of_symbols as (
    select
        symbol,
        list(distinct node order by node) as groups,
    from members
    group by symbol
),

instruments_with_groups as (
    select
        instruments.symbol,
        instruments.name,
        instruments.kind,
        coalesce(groups_of_symbols.groups, []) as groups,
        instruments.is_watchlist,
        instruments.position,
        publication.as_of as known_at,
    from instruments
    left join groups_of_symbols using (symbol)
    cross join publication
)

select * from instruments_with_groups order by position, symbol
