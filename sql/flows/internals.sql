-- The internals of a US session over the watchlist's equities and the equity ETFs.
-- grain: trade_date
-- Equity ETFs are the members of the regions and of the asset class Stocks. A symbol
-- with a return that nothing explains is not counted on that day.

with

anchor as (
    select anchor_date from aggregates.anchor
),

symbols as (
    select symbol from staging.nodes
    where kind = 'equity' and (picture = 'region' or node = 'Stocks')
    union
    select symbol from lake.instruments where kind = 'equity' and is_watchlist
),

bars as (
    select symbol, trade_date, close, return_pct, ma30, known_at
    from indicators.metrics
    inner join symbols using (symbol)
    where interval = '1d' and not is_suspect and return_pct is not null
),

flows as (
    select symbol, trade_date, turnover_usd, pressure_pct, known_at
    from flows.daily
    where pressure_pct is not null and turnover_usd is not null
),

symbols_counted as (
    select
        trade_date,
        count(*) as symbols,
        count(*) filter (return_pct > 0) as advancers,
        count(*) filter (return_pct < 0) as decliners,
        count(*) filter (return_pct = 0) as unchanged,
        (advancers - decliners) / symbols as breadth,
        ratio(advancers, decliners) as advance_decline_ratio,
        ratio(
            sum(pressure_pct * turnover_usd order by symbol),
            sum(turnover_usd order by symbol)
        ) as pressure_pct,
        2 * ratio(count(*) filter (close > ma30), count(ma30)) - 1 as momentum_score,
        max(greatest(bars.known_at, flows.known_at)) as known_at,
    from bars
    left join flows using (symbol, trade_date)
    cross join anchor
    where trade_date <= anchor_date
    group by trade_date
)

select * from symbols_counted
