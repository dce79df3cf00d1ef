-- The sum of a called symbol's daily total log returns since its first day.
-- grain: symbol, trade_date
-- Those of calls and of what they are measured against.

with

calls as (
    select symbol, benchmark from marts.calls
),

daily_metrics as (
    select * from marts.daily_metrics
),

log_returns as (
    select
        symbol,
        trade_date,
        known_at,
        case when total_return_pct > -100 then ln(1 + total_return_pct / 100) end
            as log_return
    from daily_metrics
    where symbol in (select symbol from calls)
        or symbol in (select benchmark from calls)
),

-- `breaks` counts the days without a return: no window across one has a sum
levels as (
    select
        symbol,
        trade_date,
        sum(coalesce(log_return, 0)) over days as level,
        count(*) filter (where log_return is null) over days as breaks,
        max(known_at) over days as known_at
    from log_returns
    window days as (partition by symbol order by trade_date)
)

select * from levels
