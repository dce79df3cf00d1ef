-- A session's cash index: the running total log return of the first symbol of Cash.
-- grain: trade_date

with

bars as (
    select * from aggregates.bars_final where interval = '1d'
),

cash_symbol as (
    select symbol from staging.nodes
    where picture = 'asset' and node = 'Cash' and is_first
),

returns_added_up as (
    select
        symbol,
        trade_date,
        sum(log_return) over in_order as log_index,
        count(*) over in_order - count(log_return) over in_order as breaks,
        known_at,
    from bars
    inner join cash_symbol using (symbol)
    window in_order as (order by trade_date)
)

select * from returns_added_up
