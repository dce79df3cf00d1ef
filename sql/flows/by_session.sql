-- A symbol's pressure and return of a session; a coin's of the days since the last one.
-- grain: symbol, trade_date
-- NULL where one of the days is missing or has none. `weighted_pressure` is pressure
-- times turnover: the mean over a window is its sum through the sum of turnover.

with

flows as (
    select * from flows.daily
),

node_symbols as (
    select distinct symbol from staging.nodes
),

days as (
    select * from aggregates.days where covering_date is not null
),

days_summed_up as (
    select
        symbol,
        covering_date as trade_date,
        any_value(covering_position) as position,
        case when any_value(kind) = 'crypto'
            then any_value(covering_date) - any_value(days.prior_date)
            else 1
        end as days_expected,
        case when count(pressure_pct * turnover_usd) = days_expected
            then sum(pressure_pct * turnover_usd order by day)
        end as weighted_pressure,
        case when count(turnover_usd) = days_expected
            then sum(turnover_usd order by day)
        end as turnover_usd,
        case when count(log_return) = days_expected
            then sum(log_return order by day)
        end
            as log_return,
        max(flows.known_at) as known_at,
    from flows
    inner join node_symbols using (symbol)
    inner join days on flows.trade_date = days.day
    group by symbol, covering_date
)

select * exclude (days_expected) from days_summed_up
