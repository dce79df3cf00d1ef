-- A final bar of a day or a complete hour, with the returns since the bar before it.
-- grain: symbol, interval, opened_at
-- Every indicator reads this relation. `bar` counts from 0; `known_at` covers all bars
-- up to this one, as the averages do. Total returns go by `adj_close` within one
-- answer, else by dividends; none where only one of two prices has dividends in it.

with

days as (
    select * from aggregates.bars_daily
),

hours as (
    select * from aggregates.bars_hourly where is_complete
),

series as (
    select
        symbol, '1d' as interval, kind, opened_at, trade_date, open, high, low, close,
        volume, adj_close, sha256, adjustment = 'total' as is_total, known_at,
    from days
    union all
    select
        symbol, '1h' as interval, kind, opened_at,
        cast(opened_at as date) as trade_date, open, high, low, close, volume,
        null as adj_close, null as sha256, false as is_total, known_at,
    from hours
),

series_with_dividends as (
    select
        series.* replace (greatest(series.known_at, paid.known_at) as known_at),
        dividend,
    from series
    left join aggregates.dividends_paid as paid
        on series.symbol = paid.symbol and interval = '1d'
        and series.opened_at = paid.opened_at
),

bars_numbered as (
    select
        * replace (max(known_at) over in_order as known_at),
        row_number() over in_order - 1 as bar,
        lag(trade_date) over in_order as previous_date,
        lag(close) over in_order as previous_close,
        case when sha256 = lag(sha256) over in_order
            then adj_close / lag(adj_close) over in_order
        end as adjusted_ratio,
        is_total = lag(is_total) over in_order as is_comparable,
    from series_with_dividends
    window in_order as (partition by symbol, interval order by opened_at)
),

bars_with_returns as (
    select
        * exclude (adj_close, sha256, adjusted_ratio, is_comparable, dividend),
        close - previous_close as change,
        case when is_comparable then 100 * (close / previous_close - 1) end
            as return_pct,
        case when is_comparable then coalesce(
            adjusted_ratio, (close + coalesce(dividend, 0)) / previous_close
        ) end as total_ratio,
        100 * (total_ratio - 1) as total_return_pct,
        ln(total_ratio) as log_return,
        interval = '1d' and coalesce(abs(total_return_pct) > 40, false) as is_suspect,
    from bars_numbered
)

select * exclude (total_ratio)
from bars_with_returns
order by symbol, interval, opened_at
