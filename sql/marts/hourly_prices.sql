-- An hour that is over, rolled up from minutes; complete when all 60 were there.
-- grain: symbol, opened_at

with

hours as (
    select * from aggregates.bars_hourly
),

prices as (
    select
        symbol,
        opened_at,
        open,
        high,
        low,
        close,
        volume,
        quote_volume,
        trades,
        taker_buy_quote_volume,
        is_complete,
        source,
        known_at,
    from hours
)

select * from prices order by symbol, opened_at
