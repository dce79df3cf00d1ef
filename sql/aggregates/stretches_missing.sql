-- A stretch of bars that should be there and are not.
-- grain: symbol, interval, from_slot
-- Sessions count from a symbol's first one held. Candles count from the first asked
-- for, but not from before its first bar of any length: it was not listed then. Days
-- are expected up to the last final one, shorter candles as far as answers speak of.

with

publication as (
    select as_of from lake.publication
),

sessions as (
    select coalesce(max(position), 0) + 1 as until_slot
    from staging.sessions where is_final
),

known as (
    select * from aggregates.stretches_known
),

listings as (
    select symbol, min(from_slot * seconds_of(interval)) as listed_s
    from known group by symbol
),

places as (
    select symbol, interval, from_slot, until_slot, true as is_known from known
    union all
    select symbol, interval, from_slot, until_slot, false as is_known
    from aggregates.slots_covered
),

expected as (
    select
        symbol, interval, kind,
        min(from_slot) filter (is_known) as first_known,
        min(from_slot) filter (not is_known) as first_asked,
        case
            when kind = 'equity' then coalesce(first_known, first_asked)
            else least(first_known, greatest(
                first_asked, any_value(listed_s) // seconds_of(interval)
            ))
        end as from_slot,
        case
            when kind = 'equity' then any_value(sessions.until_slot)
            when interval = '1d' then slot_of(any_value(as_of), interval)
            else max(places.until_slot)
        end as until_slot,
    from places
    inner join lake.instruments using (symbol)
    left join listings using (symbol)
    cross join sessions
    cross join publication
    group by symbol, interval, kind
),

borders as (
    select symbol, interval, from_slot, until_slot from known
    union all
    select symbol, interval, until_slot as from_slot, until_slot from expected
    union all
    select symbol, interval, from_slot, from_slot as until_slot from expected
),

holes as (
    select
        symbol, interval,
        max(until_slot) over in_order as from_slot,
        lead(from_slot) over in_order as until_slot,
    from borders
    window in_order as (partition by symbol, interval order by from_slot, until_slot)
)

select holes.*, publication.as_of as known_at
from holes cross join publication
where from_slot < until_slot
