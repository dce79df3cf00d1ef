-- A US session's internals: how broad the move was, the pressure, and the VIX.
-- grain: trade_date
-- The VIX is the newest value known up to the session; its own date stands beside it.
-- Beyond the maximum age of a daily series it is NULL with all that rests on it; the
-- date stays. The bias is NULL where one of its three parts is.

with

internals as (
    select * from flows.internals
),

vix as (
    select * from flows.vix
),

correlation_strength as (
    select trade_date, correlation_strength, known_at from flows.correlation_strength
),

internals_with_vix as (
    select
        internals.* exclude (known_at),
        carry_forward(vix.vix, vix.date, internals.trade_date, 'D') as vix,
        vix.date as vix_date,
        carry_forward(vix.vix_percentile, vix.date, internals.trade_date, 'D')
            as vix_percentile,
        carry_forward(vix.volatility_regime, vix.date, internals.trade_date, 'D')
            as volatility_regime,
        correlation_strength.correlation_strength,
        case
            when momentum_score is null or pressure_pct is null or breadth is null
                then null
            when momentum_score > 0.2 and pressure_pct > 0 and breadth > 0
                then 'BULLISH'
            when momentum_score < -0.2 and pressure_pct < 0 and breadth < 0
                then 'BEARISH'
            else 'MIXED'
        end as market_bias,
        greatest(
            internals.known_at, vix.known_at, correlation_strength.known_at
        ) as known_at,
    from internals
    asof left join vix on internals.trade_date >= vix.date
    left join correlation_strength
        on internals.trade_date = correlation_strength.trade_date
)

select * from internals_with_vix order by trade_date
