-- How two symbols' total log returns went together over their last n common dates.
-- grain: symbol_a, symbol_b, days
-- Every ordered pair of the nodes' first symbols (and QQQ), each with itself included.

with

correlations as (
    select * from flows.correlations
),

both_ways as (
    select symbol_a, symbol_b, days, anchor_date, r, n, known_at from correlations
    union all
    select symbol_b, symbol_a, days, anchor_date, r, n, known_at from correlations
),

with_themselves as (
    select
        symbol_a,
        symbol_a as symbol_b,
        days,
        any_value(anchor_date) as anchor_date,
        max(case when r is not null then 1.0 end) as r,
        max(n) as n,
        max(known_at) as known_at,
    from both_ways
    group by symbol_a, days
),

pairs as (
    select * from both_ways
    union all
    select * from with_themselves
)

select * from pairs order by days, symbol_a, symbol_b
