-- A stretch of bars that should be there and are not, or that came only later.
-- grain: interval, symbol, from_at
-- By the calendar or the interval. Suspected, then confirmed as the source's outage, or
-- filled: it came when asked again, and is kept as history. Nothing is filled in.
-- More than 45 days of minutes that nobody asked for (between a backfilled span and
-- today) are a backfill's to get, not the daily run's.

with

gaps as (
    select gaps.*, kind
    from aggregates.gaps_by_slot as gaps
    inner join lake.instruments using (symbol)
),

sessions as (
    select position, opened_at, closed_at from staging.sessions
),

gaps_dated as (
    select
        case kind when 'equity' then 'equity_daily' else 'crypto_' || interval end
            as dataset,
        interval,
        symbol,
        coalesce(first_one.opened_at, opened_at_slot(from_slot, interval)) as from_at,
        coalesce(last_one.closed_at, opened_at_slot(until_slot, interval)) as to_at,
        missing,
        state,
        first_seen_at,
        asked_again,
        last_asked_at,
        interval = '1m' and state = 'suspected' and first_seen_at is null
        and missing > 45 * 1440 as is_for_backfill,
        case when not is_for_backfill then ask_again_at end as ask_again_at,
        filled_at,
        case
            when is_for_backfill then 'nobody asked for it: mfo backfill ' || symbol
                || ' --interval 1m --from ' || strftime(from_at, '%Y-%m-%d')
            when state = 'filled' then 'came when it was asked for again'
            when state = 'confirmed' then 'the source has no such bar'
            when first_seen_at is null then 'no good answer has spoken of it yet'
            else 'the source did not have it when it was asked'
        end as why,
        gaps.known_at,
    from gaps
    left join sessions as first_one
        on kind = 'equity' and from_slot = first_one.position
    left join sessions as last_one
        on kind = 'equity' and until_slot = last_one.position + 1
)

select * exclude (is_for_backfill) from gaps_dated order by interval, symbol, from_at
