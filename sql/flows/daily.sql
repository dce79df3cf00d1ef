-- A symbol's money flow of a day: turnover signed by bulk volume classification.
-- grain: symbol, trade_date
-- incremental: after 61 number of 1d
-- The deviation is that of the 60 x before the day. A coin's day of a stand-in has no
-- turnover and no flow, a day whose return nothing explains has no flow.

with

bars as (
    select * from aggregates.bars_daily
),

returns as (
    select symbol, trade_date, log_return, is_suspect
    from aggregates.bars_final
    where interval = '1d'
),

excess_returns as (
    select * from flows.excess_returns
),

deviations as (
    select * from flows.deviations
),

multipliers as (
    select
        excess_returns.*,
        case when not is_cash
            then 100 * bulk_volume_share(ratio(excess_log_return, deviation))
        end as pressure_pct,
        case
            when is_cash then 0
            else bulk_volume_share(ratio(excess_log_return, deviation))
        end as flow_multiplier,
    from excess_returns
    left join deviations using (symbol, trade_date)
),

flows as (
    select
        symbol,
        trade_date,
        kind,
        is_suspect,
        case when not is_suspect then log_return end as log_return,
        case
            when is_binance(source) then quote_volume
            when kind = 'equity' then volume * (high + low + close) / 3
        end as turnover_usd,
        case when not is_suspect then pressure_pct end as pressure_pct,
        flow_multiplier,
        case when not is_suspect then flow_multiplier * turnover_usd end
            as net_flow_usd,
        case when is_binance(source)
            then ratio(2 * taker_buy_quote_volume - quote_volume, quote_volume)
        end as taker_imbalance,
        greatest(bars.known_at, multipliers.known_at) as known_at,
    from bars
    inner join returns using (symbol, trade_date)
    inner join multipliers using (symbol, trade_date)
)

select * from flows
