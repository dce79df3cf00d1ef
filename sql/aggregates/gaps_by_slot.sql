-- A gap as slots of the grid: neighbouring segments of one state together.
-- grain: interval, symbol, from_slot
-- Suspected until five good answers lacked it, with growing waits between them; then
-- confirmed: the source has no such bar. A download that failed is no evidence.

with

publication as (
    select as_of from lake.publication
),

segments as (
    select
        *,
        struct_extract(asks_counted(asked), 'last_at') as counted_at,
        coalesce(struct_extract(asks_counted(asked), 'asks'), 0) as asks,
        case
            when came_at is not null then 'filled'
            when asks = len(waits_between_asks()) + 1 then 'confirmed'
            else 'suspected'
        end as state,
    from aggregates.gap_segments
),

segments_in_order as (
    select
        *,
        lag(until_slot, 1, -1) over (
            partition by symbol, interval, state order by from_slot
        ) as until_before,
    from segments
),

segments_numbered as (
    select
        *,
        sum(cast(from_slot != until_before as integer)) over (
            partition by symbol, interval, state order by from_slot
        ) as island,
    from segments_in_order
),

gaps as (
    select
        symbol, interval, state,
        min(from_slot) as from_slot,
        max(until_slot) as until_slot,
        sum(until_slot - from_slot) as missing,
        min(asked[1]) as first_seen_at,
        greatest(min(asks) - 1, 0) as asked_again,
        max(asked[-1]) as last_asked_at,
        case
            when state != 'suspected' then null
            when min(asks) = 0 then any_value(as_of)
            else min(counted_at + waits_between_asks()[asks])
        end as ask_again_at,
        max(came_at) as filled_at,
        coalesce(max(known_at), any_value(as_of)) as known_at,
    from segments_numbered
    cross join publication
    group by symbol, interval, state, island
)

select * from gaps
