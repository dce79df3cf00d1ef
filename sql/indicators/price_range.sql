-- Highs and lows of a bar's last 20 bars, and of the 20 before it.
-- grain: symbol, interval, opened_at
-- incremental: after 21 bars
-- unit: quote currency
-- definition: high20 and low20 are the highest high and lowest low of the last 20 bars,
-- definition: resistance and support those of the 20 bars before this one.

with

bars as (
    select * from aggregates.bars_final
),

ranges as (
    select
        symbol,
        interval,
        opened_at,
        bar,
        case when bar >= 19 then max(high) over last_20 end as high20,
        case when bar >= 19 then min(low) over last_20 end as low20,
        known_at,
    from bars
    window last_20 as (
        partition by symbol, interval order by bar rows 19 preceding
    )
),

ranges_with_levels as (
    select
        symbol,
        interval,
        opened_at,
        high20,
        low20,
        lag(high20) over in_order as resistance,
        lag(low20) over in_order as support,
        known_at,
    from ranges
    window in_order as (partition by symbol, interval order by bar)
)

select * from ranges_with_levels
