-- A symbol's pressure and return over a window up to the anchor; NULL until it is full.
-- grain: symbol, window

with

windows as (
    select * from aggregates.windows
),

node_symbols as (
    select distinct symbol, kind, known_at from staging.nodes
),

sessions as (
    select * from flows.by_session
),

sessions_summed_up as (
    select
        node_symbols.symbol,
        windows."window",
        any_value(windows.sessions) as sessions,
        any_value(windows.anchor_date) as anchor_date,
        any_value(windows.from_date) as from_date,
        any_value(case when kind = 'crypto' then base_date + 1 else from_date end)
            as first_day,
        case when count(sessions.weighted_pressure) = any_value(windows.sessions)
            then sum(sessions.weighted_pressure order by sessions.position)
        end as weighted_pressure,
        case when count(sessions.turnover_usd) = any_value(windows.sessions)
            then sum(sessions.turnover_usd order by sessions.position)
        end as turnover_usd,
        case when count(sessions.log_return) = any_value(windows.sessions)
            then 100 * (exp(sum(sessions.log_return order by sessions.position)) - 1)
        end as return_pct,
        max(greatest(
            windows.known_at, sessions.known_at
        )) as known_at,
    from node_symbols
    cross join windows
    left join sessions
        on node_symbols.symbol = sessions.symbol
        and sessions.position > anchor_position - windows.sessions
        and sessions.position <= anchor_position
    group by node_symbols.symbol, windows."window"
),

means as (
    select
        * exclude (weighted_pressure),
        ratio(weighted_pressure, turnover_usd) as pressure_pct,
    from sessions_summed_up
)

select * from means
