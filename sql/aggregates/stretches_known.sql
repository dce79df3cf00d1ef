-- A stretch of bars that came together: of one answer, without a hole.
-- grain: symbol, interval, from_slot
-- By the first answer of any source that gave each bar, final; `came_at` is when. Cut
-- at the borders of stretch_of too, so that later bars leave the earlier rows as they
-- are. Of minutes that left the warehouse the stretches were kept.

with

publication as (
    select as_of from lake.publication
),

sessions as (
    select opened_at, position from staging.sessions
),

bars as (
    select symbol, interval, opened_at, sequence, fetched_at, kind
    from lake.bars
    inner join lake.instruments using (symbol)
    cross join publication
    where is_final and isfinite(close) and fetched_at <= as_of
        and (interval = '1d' or kind = 'crypto') and interval != '1w'
),

bars_placed as (
    select
        symbol, interval, opened_at, slot_of(opened_at, interval) as slot, sequence,
        fetched_at,
    from bars
    where kind = 'crypto'
    union all
    select symbol, interval, opened_at, position as slot, sequence, fetched_at
    from bars
    inner join sessions using (opened_at)
    where kind = 'equity'
),

first_versions as (
    select
        symbol, interval, slot, opened_at,
        min(sequence) as sequence,
        min(fetched_at) as came_at,
    from bars_placed
    group by symbol, interval, slot, opened_at
),

slots_numbered as (
    select
        *,
        slot - row_number() over (
            partition by
                symbol, interval, sequence, came_at, stretch_of(opened_at, interval)
            order by slot
        ) as island,
    from first_versions
),

stretches as (
    select
        symbol, interval, min(opened_at) as opened_at,
        min(slot) as from_slot, max(slot) + 1 as until_slot,
        sequence, came_at, came_at as known_at,
    from slots_numbered
    group by
        symbol, interval, sequence, came_at, island, stretch_of(opened_at, interval)
    union all
    select
        symbol, '1m' as interval, opened_at_slot(from_slot, '1m') as opened_at,
        from_slot, until_slot, sequence, came_at, came_at as known_at,
    from lake.stretches
    inner join lake.instruments using (symbol)
)

select * from stretches
