-- How a node's |net_flow_pct| over a window ranks among its own windows of that length.
-- grain: symbol, window
-- cume_dist at the anchor; NULL when fewer than 5 of the windows that end at the
-- anchor, n sessions earlier, 2n earlier and so on are there.

with

windows as (
    select * from aggregates.windows
),

first_symbols as (
    select distinct symbol from staging.nodes where is_first
),

sessions as (
    select * from flows.by_session
),

sums_rolled as (
    select
        symbol,
        "window",
        windows.sessions,
        anchor_position - position as sessions_ago,
        count(net_flow_usd) over last_n as sessions_there,
        sum(net_flow_usd) over last_n as net_flow_usd,
        sum(turnover_usd) over last_n as turnover_usd,
        max(sessions.known_at) over last_n as known_at,
    from sessions
    inner join first_symbols using (symbol)
    cross join windows
    where position <= anchor_position
    window last_n as (
        partition by symbol, "window" order by position
        range between windows.sessions - 1 preceding and current row  -- noqa: PRS
    )
),

full_windows as (
    select
        *,
        abs(ratio(net_flow_usd, turnover_usd)) as share,
        first_value(if(sessions_ago = 0, share, null)) over (
            partition by symbol, "window" order by sessions_ago
        ) as share_now,
    from sums_rolled
    where sessions_there = sessions and turnover_usd != 0
),

windows_ranked as (
    select
        symbol,
        "window",
        count(*) filter (sessions_ago % sessions = 0) as windows_apart,
        case when windows_apart >= 5
            then count(*) filter (share <= share_now) / count(*)
        end as intensity,
        max(known_at) as known_at,
    from full_windows
    where share_now is not null
    group by symbol, "window"
)

select * from windows_ranked
