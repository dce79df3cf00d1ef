-- What the averages of a series begin with: nothing, before its first block.
-- grain: symbol, interval
-- view

with

firsts as (
    select * from aggregates.block_sums where block = 0
),

starts as (
    select
        symbol,
        interval,
        opened_at,
        cast(-1 as bigint) as block,
        cast(0 as double) as ema12,
        cast(0 as double) as ema26,
        cast(0 as double) as signal,
        cast(0 as double) as gain,
        cast(0 as double) as loss,
        cast(0 as double) as true_range,
        cast(0 as double) as strength,
        cast(0 as double) as obv,
        known_at,
    from firsts
)

select * from starts
