-- A symbol's newest order book: middle, spread, and imbalance within 1 % of the middle.
-- grain: symbol
-- `reaches_1pct` says whether both sides of the snapshot go that far.

with

levels as (
    select * from staging.book_levels
),

best_levels as (
    select
        symbol,
        max(price) filter (side = 'bid') as best_bid,
        min(price) filter (side = 'ask') as best_ask,
        (best_bid + best_ask) / 2 as mid,
    from levels
    group by symbol
),

levels_summed_up as (
    select
        symbol,
        any_value(taken_at) as taken_at,
        any_value(mid) as mid,
        any_value(best_ask - best_bid) as spread,
        10000 * ratio(any_value(best_ask - best_bid), any_value(mid)) as spread_bps,
        sum(price * quantity) filter (side = 'bid' and price >= 0.99 * mid)
            as bid_usd_1pct,
        sum(price * quantity) filter (side = 'ask' and price <= 1.01 * mid)
            as ask_usd_1pct,
        ratio(bid_usd_1pct - ask_usd_1pct, bid_usd_1pct + ask_usd_1pct) as imbalance,
        coalesce(bool_or(side = 'bid' and price < 0.99 * mid), false)
            and coalesce(bool_or(side = 'ask' and price > 1.01 * mid), false)
            as reaches_1pct,
        max(known_at) as known_at,
    from levels
    inner join best_levels using (symbol)
    group by symbol
)

select * from levels_summed_up order by symbol
