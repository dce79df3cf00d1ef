-- A region or asset class over a window: its first symbol, with the excess of its flow.
-- grain: picture, node, window
-- The excess is the net flow less what the picture's share of all turnover gives; it
-- sums to zero, and is NULL for all when one node is.

with

nodes as (
    select * from staging.nodes where is_first
),

windows as (
    select * from flows.windows
),

intensities as (
    select symbol, "window", intensity from flows.intensity
),

volatilities as (
    select symbol, trade_date as anchor_date, volatility20_pct, known_at
    from indicators.metrics
    where interval = '1d' and not is_suspect
        and trade_date in (select anchor_date from windows)
),

nodes_with_metrics as (
    select
        nodes.picture,
        nodes.node,
        nodes.position,
        windows.* exclude (known_at),
        volatilities.volatility20_pct as volatility_pct,
        intensities.intensity,
        greatest(windows.known_at, volatilities.known_at) as known_at,
    from nodes
    inner join windows using (symbol)
    left join intensities using (symbol, "window")
    left join volatilities using (symbol, anchor_date)
),

pictures as (
    select
        picture,
        "window",
        count(*) = count(net_flow_usd) as is_whole,
        ratio(
            sum(net_flow_usd order by position), sum(turnover_usd order by position)
        ) as share,
    from nodes_with_metrics
    group by picture, "window"
),

nodes_with_excess as (
    select
        nodes_with_metrics.*,
        case when is_whole then net_flow_usd - share * turnover_usd end as excess_usd,
    from nodes_with_metrics
    inner join pictures using (picture, "window")
)

select * from nodes_with_excess
