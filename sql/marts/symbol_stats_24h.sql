-- A coin's 24 hours to its newest final minute; `minutes` of 1,440 were there.
-- grain: symbol
-- All but the price is NULL when the minutes do not reach back to the first of the 24
-- hours.

with

minutes as (
    select * from aggregates.bars_chosen where kind = 'crypto' and interval = '1m'
),

ends as (
    select
        symbol,
        max(opened_at) as newest,
        newest - interval 1439 minute as from_at,
        min(opened_at) <= from_at as is_full,
    from minutes
    group by symbol
),

last_24h_summed_up as (
    select
        symbol,
        any_value(from_at) as from_at,
        any_value(newest) + interval 1 minute as to_at,
        any_value(is_full) as is_full,
        count(*) as minutes,
        arg_max(close, opened_at) as price,
        arg_min(open, opened_at) as first_price,
        max(high) as high,
        min(low) as low,
        exact_sum(volume) as volume,
        exact_sum(quote_volume) as quote_volume,
        cast(sum(trades) as bigint) as trades,
        ratio(
            exact_sum(2 * taker_buy_quote_volume - quote_volume),
            exact_sum(quote_volume)
        ) as taker_imbalance,
        max(known_at) as known_at,
    from minutes
    inner join ends using (symbol)
    where opened_at >= from_at
    group by symbol
),

stats as (
    select
        symbol,
        from_at,
        to_at,
        minutes,
        price,
        case when is_full then price - first_price end as change,
        case when is_full then 100 * (ratio(price, first_price) - 1) end as change_pct,
        case when is_full then high end as high,
        case when is_full then low end as low,
        case when is_full then volume end as volume,
        case when is_full then quote_volume end as quote_volume,
        case when is_full then trades end as trades,
        case when is_full then taker_imbalance end as taker_imbalance,
        known_at,
    from last_24h_summed_up
)

select * from stats order by symbol
