-- A symbol's day with x, its total log return less that of cash over the same time.
-- grain: symbol, trade_date
-- Cash is counted from session to session: over a weekend or holiday it has no return,
-- and a coin's first day after one carries the cash return since the last session. NULL
-- where cash lacks one of the two sessions: nothing is filled in.

with

bars as (
    select * from aggregates.bars_final where interval = '1d'
),

days as (
    select day, last_session_date from aggregates.days
),

cash as (
    select * from flows.cash
),

bars_with_cash as (
    select
        bars.*,
        bars.symbol = cash_now.symbol as is_cash,
        bars.log_return - case
            when day_now.last_session_date = day_before.last_session_date then 0
            when cash_now.breaks = cash_before.breaks
                then cash_now.log_index - coalesce(cash_before.log_index, 0)
        end as excess_log_return,
        greatest(bars.known_at, cash_now.known_at) as both_known_at,
    from bars
    left join days as day_now on bars.trade_date = day_now.day
    left join days as day_before on bars.previous_date = day_before.day
    left join cash as cash_now on day_now.last_session_date = cash_now.trade_date
    left join cash as cash_before
        on day_before.last_session_date = cash_before.trade_date
),

excess_returns as (
    select
        symbol,
        trade_date,
        coalesce(is_cash, false) as is_cash,
        excess_log_return,
        both_known_at as known_at,
    from bars_with_cash
)

select * from excess_returns
