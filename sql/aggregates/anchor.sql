-- The anchor D of all pictures: the last final US session that the lake has bars of.
-- grain: anchor_date
-- "Has bars" is: of at least half of the nodes' first equities, so that one symbol that
-- came early does not empty all pictures. No row before the first such session.

with

sessions as (
    select * from staging.sessions where is_final
),

node_equities as (
    select distinct symbol from staging.nodes where is_first and kind = 'equity'
),

bars as (
    select symbol, trade_date, known_at from aggregates.bars_daily
),

bars_of_nodes as (
    select bars.* from bars inner join node_equities using (symbol)
),

symbols_expected as (
    select count(distinct symbol) as expected from bars_of_nodes
),

sessions_with_bars as (
    select
        trade_date,
        count(*) as symbols,
        max(known_at) as known_at,
    from bars_of_nodes
    group by trade_date
),

last_session_kept as (
    select
        sessions.trade_date as anchor_date,
        sessions.position as anchor_position,
        sessions.prior_date,
        sessions.next_date,
        sessions.opened_at,
        sessions.closed_at,
        sessions.next_closed_at,
        sessions_with_bars.symbols,
        symbols_expected.expected as symbols_expected,
        sessions_with_bars.known_at,
    from sessions
    inner join sessions_with_bars using (trade_date)
    cross join symbols_expected
    where 2 * symbols >= expected
    order by anchor_date desc
    limit 1
)

select * from last_session_kept
