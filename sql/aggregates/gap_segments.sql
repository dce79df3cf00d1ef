-- A stretch of bars that good answers lacked, cut so that all of it has the same ones.
-- grain: symbol, interval, from_slot
-- Bars that came later are history: answers of an earlier run had lacked them, and
-- `came_at` is when they came. Missing ones are here even where no good answer spoke of
-- them yet.

with

known as (
    select * from aggregates.stretches_known
),

covered as (
    select * from aggregates.slots_covered
),

covered_so_far as (
    select
        symbol, interval, fetched_at,
        max(until_slot) over (
            partition by symbol, interval order by fetched_at
        ) as until_so_far,
    from covered
),

came_late as (
    select known.*, answers.run_id
    from known
    asof inner join covered_so_far as earlier
        on known.symbol = earlier.symbol and known.interval = earlier.interval
        and known.came_at > earlier.fetched_at
    inner join lake.answers as answers on known.sequence = answers.sequence
    where until_so_far > from_slot
),

stretches as (
    select symbol, interval, from_slot, until_slot, came_at, run_id from came_late
    union all
    select symbol, interval, from_slot, until_slot, null as came_at, '' as run_id
    from aggregates.stretches_missing
),

cuts as (
    select stretches.*, from_slot as cut from stretches
    union
    select stretches.*, unnest([covered.from_slot, covered.until_slot]) as cut
    from stretches
    inner join covered using (symbol, interval)
    where covered.from_slot < stretches.until_slot
        and covered.until_slot > stretches.from_slot
),

segments as (
    select
        * exclude (from_slot, until_slot, cut),
        cut as from_slot,
        coalesce(lead(cut) over (
            partition by symbol, interval, from_slot order by cut
        ), until_slot) as until_slot,
    from cuts
    where cut >= from_slot and cut < until_slot
),

segments_with_answers as (
    select
        segments.*,
        list_sort(list(fetched_at) filter (fetched_at is not null)) as asked,
        coalesce(max(fetched_at), any_value(came_at)) as known_at,
    from segments
    left join covered
        on segments.symbol = covered.symbol and segments.interval = covered.interval
        and segments.from_slot >= covered.from_slot
        and segments.until_slot <= covered.until_slot
        and coalesce(segments.came_at > covered.fetched_at, true)
        and segments.run_id != covered.run_id
    group by all
)

select * from segments_with_answers where came_at is null or asked is not null
