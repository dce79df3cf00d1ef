-- Two symbols' total log returns between consecutive dates that they have in common.
-- grain: symbol_a, symbol_b, trade_date
-- Over the first symbols of the nodes, and QQQ where the universe has it; a before b.

with

bars as (
    select * from aggregates.bars_final where interval = '1d'
),

symbols as (
    select symbol, max(is_first) as is_node
    from staging.nodes
    where is_first or symbol = 'QQQ'
    group by symbol
),

returns_added_up as (
    select
        symbol,
        is_node,
        trade_date,
        coalesce(sum(log_return) over in_order, 0) as log_index,
        count(log_return) over in_order - row_number() over in_order as breaks,
        known_at,
    from bars
    inner join symbols using (symbol)
    window in_order as (partition by symbol order by trade_date)
),

common_dates as (
    select
        a.symbol as symbol_a,
        b.symbol as symbol_b,
        a.is_node and b.is_node as are_nodes,
        trade_date,
        a.log_index - lag(a.log_index) over in_order as return_a,
        b.log_index - lag(b.log_index) over in_order as return_b,
        a.breaks + b.breaks = lag(a.breaks + b.breaks) over in_order as is_unbroken,
        greatest(a.known_at, b.known_at) as known_at,
    from returns_added_up as a
    inner join returns_added_up as b using (trade_date)
    where a.symbol < b.symbol
    window in_order as (partition by a.symbol, b.symbol order by trade_date)
)

select * exclude (is_unbroken) from common_dates where is_unbroken
