-- A session's mean |r| of the nodes' first symbols over 60 sessions.
-- grain: trade_date
-- NULL until every pair of them has 60 common dates up to the session.

with

pairs as (
    select * from flows.pairs where are_nodes
),

pairs_rolled as (
    select
        symbol_a,
        symbol_b,
        trade_date,
        case when count(*) over last_60 = 60
            then finite_or_null(corr(return_a, return_b) over last_60)
        end as r,
        known_at,
    from pairs
    window last_60 as (
        partition by symbol_a, symbol_b order by trade_date rows 59 preceding
    )
),

pairs_expected as (
    select count(distinct symbol_a || '/' || symbol_b) as expected from pairs
),

sessions_averaged as (
    select
        trade_date,
        case when count(r) = any_value(expected)
            then avg(abs(r) order by symbol_a, symbol_b)
        end
            as correlation_strength,
        max(known_at) as known_at,
    from pairs_rolled
    cross join pairs_expected
    group by trade_date
)

select * from sessions_averaged
