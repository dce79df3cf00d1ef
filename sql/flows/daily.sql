-- A symbol's turnover and buying pressure of a day, by bulk volume classification.
-- grain: symbol, trade_date
-- Pressure is an estimate, -100 to 100: no amount, and no record of money that moved.
-- The deviation is that of the 60 x before the day. Cash has none, nor has a day whose
-- return nothing explains; a coin's day of a stand-in has no turnover.

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

pressures as (
    select
        excess_returns.*,
        case when not is_cash
            then 100 * bulk_volume_share(ratio(excess_log_return, deviation))
        end as pressure_pct,
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
        case when is_binance(source)
            then ratio(2 * taker_buy_quote_volume - quote_volume, quote_volume)
        end as taker_imbalance,
        greatest(bars.known_at, pressures.known_at) as known_at,
    from bars
    inner join returns using (symbol, trade_date)
    inner join pressures using (symbol, trade_date)
)

select * from flows
