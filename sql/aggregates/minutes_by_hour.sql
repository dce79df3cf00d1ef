-- An hour of minutes, rolled up; of those that left the warehouse, what was kept.
-- grain: symbol, opened_at
-- view

with

minutes as (
    select * from aggregates.bars_chosen where interval = '1m'
),

hours_kept as (
    select hours.*, instruments.kind
    from lake.hours as hours
    inner join lake.instruments as instruments using (symbol)
),

minutes_rolled_up as (
    select
        symbol,
        date_trunc('hour', opened_at) as hour_opened_at,
        any_value(kind) as kind,
        arg_min(open, opened_at) as open,
        max(high) as high,
        min(low) as low,
        arg_max(close, opened_at) as close,
        exact_sum(volume) as volume,
        exact_sum(quote_volume) as quote_volume,
        cast(sum(trades) as bigint) as trades,
        exact_sum(taker_buy_quote_volume) as taker_buy_quote_volume,
        count(*) = 60 as is_complete,
        arg_max(source, opened_at) as source,
        max(known_at) as known_at,
    from minutes
    group by symbol, hour_opened_at
),

hours as (
    select rolled_up.* rename (hour_opened_at as opened_at)
    from minutes_rolled_up as rolled_up
    anti join hours_kept as kept
        on rolled_up.symbol = kept.symbol
        and rolled_up.hour_opened_at = kept.opened_at
    union all
    select
        symbol, opened_at, kind, open, high, low, close, volume, quote_volume, trades,
        taker_buy_quote_volume, is_complete, source, known_at,
    from hours_kept
)

select * from hours
