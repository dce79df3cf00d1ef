-- The last 60 minutes of all coins, up to the newest final minute.
-- grain: to_at

with

minutes as (
    select * from aggregates.bars_chosen where kind = 'crypto' and interval = '1m'
),

newest as (
    select max(opened_at) as opened_at from minutes
),

last_60_summed_up as (
    select
        any_value(newest.opened_at) - interval 59 minute as from_at,
        any_value(newest.opened_at) + interval 1 minute as to_at,
        count(distinct symbol) as symbols,
        exact_sum(quote_volume) as volume_usd,
        ratio(
            exact_sum(2 * taker_buy_quote_volume - quote_volume),
            exact_sum(quote_volume)
        ) as taker_imbalance,
        max(known_at) as known_at,
    from minutes
    inner join newest on minutes.opened_at > newest.opened_at - interval 60 minute
    having count(*) > 0
)

select * from last_60_summed_up
