-- A level of the newest order book known at the as-of instant; level 1 is the best.
-- grain: symbol, side, level

with

publication as (
    select as_of, basis from lake.publication
),

book_levels as (
    select * from lake.book_levels
),

levels_known as (
    select
        book_levels.*,
        fetched_at as known_at,
    from book_levels
    cross join publication
    where fetched_at <= publication.as_of
),

newest_book_kept as (
    select *
    from levels_known
    qualify dense_rank() over (
        partition by symbol order by taken_at desc, sequence desc
    ) = 1
)

select * from newest_book_kept
