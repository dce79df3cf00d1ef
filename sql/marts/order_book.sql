-- A level of a symbol's newest order book; level 1 is the best.
-- grain: symbol, side, level

with

levels as (
    select * from staging.book_levels
),

book as (
    select
        symbol,
        taken_at,
        side,
        level,
        price,
        quantity,
        source,
        sequence,
        sha256,
        known_at,
    from levels
)

select * from book order by symbol, side, level
