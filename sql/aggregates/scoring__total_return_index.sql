-- The sum of a recommended symbol's daily total log returns since its first day.
-- grain: symbol, trade_date
-- Those of recommendations and of what they are measured against.

with

recommendations as (
    select symbol, benchmark from aggregates.scoring__recommendations
),

days as (
    select * from aggregates.bars_final where interval = '1d' and not is_suspect
),

log_returns as (
    select
        symbol,
        trade_date,
        known_at,
        case when total_return_pct > -100 then ln(1 + total_return_pct / 100) end
            as log_return
    from days
    where symbol in (select symbol from recommendations)
        or symbol in (select benchmark from recommendations)
),

-- `breaks` counts the days without a return: no window across one has a sum
levels as (
    select
        symbol,
        trade_date,
        sum(coalesce(log_return, 0)) over in_order as level,
        count(*) filter (where log_return is null) over in_order as breaks,
        max(known_at) over in_order as known_at
    from log_returns
    window in_order as (partition by symbol order by trade_date)
)

select * from levels
