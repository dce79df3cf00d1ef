-- What the bars of a stretch rest on, as one number that is another when that changes.
-- grain: symbol, interval, from_at
-- covers: lake.publication, lake.bars, lake.instruments, lake.chains, staging.actions
-- covers: staging.sessions, staging.nodes, aggregates.dividends, aggregates.days
-- covers: aggregates.anchor, aggregates.block_ends, flows.cash
-- covers: lake.hours, lake.stretches
-- Models with a line `-- incremental:` are built anew from the first stretch on whose
-- number differs: what they read besides each other stands behind `covers`. Where it
-- reaches across time, as sessions and cash do, the number holds all up to the stretch.

with

publication as (
    select as_of, basis, eastern_date(as_of) as as_of_date from lake.publication
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

-- minutes that left the warehouse are told of by the hours that were kept of them
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
),

actions as (
    select symbol, bit_xor(hash(actions, ex_date <= as_of_date)) as digest
    from staging.actions as actions  -- noqa: AL05
    cross join publication
    group by symbol
),

configuration as (
    select
        (select bit_xor(hash(dataset, source, rank)) from lake.chains) as chains,
        (select bit_xor(hash(picture, node, symbol, is_first)) from staging.nodes)
            as nodes,
        (select bit_xor(hash(symbol, kind, is_watchlist)) from lake.instruments)
            as instruments,
        (select hash(basis, case when basis != 'known' then as_of end) from publication)
            as basis,
),

series as (
    select bars_told.* replace (
        hash(bars, bars_told.digest, actions.digest, configuration) as digest
    )
    from bars_told
    left join actions using (symbol)
    cross join configuration
),

shared as (
    select
        stretch_of(trade_date, '1d') as from_at,
        hash(trade_date, opened_at, is_final) as digest,
    from staging.sessions
    cross join publication
    where trade_date <= as_of_date
    union all
    select from_at, hash(digest) as digest from series
    where interval = '1d' and symbol in (
        select symbol from staging.nodes
        where picture = 'asset' and node = 'Cash' and is_first
    )
),

shared_so_far as (
    select from_at, bit_xor(bit_xor(digest)) over (order by from_at) as so_far
    from shared group by from_at
)

select series.* replace (
    case when interval = '1d' then hash(digest, so_far) else digest end as digest
)
from series asof left join shared_so_far on series.from_at >= shared_so_far.from_at
