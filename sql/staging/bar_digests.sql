-- What the bars of a stretch rest on, as one number that is another when that changes.
-- grain: symbol, interval, from_at
-- covers: lake.publication, lake.bars, lake.instruments, lake.chains, staging.actions
-- covers: staging.sessions, staging.nodes, aggregates.dividends, aggregates.days
-- covers: aggregates.anchor, aggregates.block_starts, flows.cash
-- covers: lake.hours, lake.stretches
-- Models with a line `-- incremental:` are built anew from the first stretch on whose
-- number differs: what they read besides each other stands behind `covers`. Where it
-- reaches across time, as sessions and cash do, the number holds all up to the stretch.

with

publication as (
    select as_of, basis, eastern_date(as_of) as as_of_date from lake.publication
),

series_by_stretch as (
    select * from staging.bars_by_stretch
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
    select series_by_stretch.* replace (
        hash(bars, series_by_stretch.digest, actions.digest, configuration) as digest
    )
    from series_by_stretch
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
