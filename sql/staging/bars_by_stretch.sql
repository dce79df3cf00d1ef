-- The final bars of a stretch of a series as one number, and how many they are.
-- grain: symbol, interval, from_at
-- Minutes that left the warehouse are told of by the hours that were kept of them.

with

publication as (
    select as_of, basis from lake.publication
),

-- an hour that ends changes without a new minute, a split on the day that it is for
bars_digested as (
    select
        symbol, interval, as_of as known_at,
        stretch_of(opened_at, interval) as from_at,
        count(*) as bars,
        bit_xor(hash(bars, date_trunc('hour', opened_at) + interval 1 hour <= as_of))
            as digest,
    from lake.bars as bars  -- noqa: AL05
    cross join publication
    where is_final and (basis != 'known' or fetched_at <= as_of)
    group by all
),

kept_digested as (
    select symbol, '1h' as interval, opened_at, bit_xor(hash(hours)) as digest
    from lake.hours as hours group by all  -- noqa: AL05
    union all
    select symbol, '1m' as interval, opened_at, bit_xor(hash(stretches)) as digest
    from lake.stretches as stretches group by all  -- noqa: AL05
),

told as (
    select * from bars_digested
    union all by name
    select
        symbol, interval, as_of as known_at, stretch_of(opened_at, interval) as from_at,
        count(*) as bars, bit_xor(kept_digested.digest) as digest,
    from kept_digested
    cross join publication
    group by all
),

bars_told as (
    select
        symbol, interval, from_at, any_value(known_at) as known_at,
        cast(sum(bars) as bigint) as bars, bit_xor(digest) as digest,
    from told group by all
)

select * from bars_told
