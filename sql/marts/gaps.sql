-- A stretch of bars that should be there and are not: by the calendar or the interval.
-- grain: interval, symbol, from_at
-- Counted from a symbol's first bar on; days also up to the last final one. Nothing is
-- filled in.

with

publication as (
    select * from lake.publication
),

sessions as (
    select * from staging.sessions where is_final
),

bars as (
    select symbol, kind, interval, opened_at, trade_date, known_at
    from aggregates.bars_chosen
    where interval in ('1d', '1m')
),

equities as (
    select symbol, min(trade_date) as first_date, max(known_at) as known_at
    from bars where kind = 'equity' and interval = '1d' group by symbol
),

sessions_missing as (
    select
        equities.symbol,
        sessions.*,
        sessions.position - row_number() over (
            partition by equities.symbol order by sessions.position
        ) as island,
    from equities
    inner join sessions on equities.first_date < sessions.trade_date
    left join bars
        on equities.symbol = bars.symbol
        and sessions.trade_date = bars.trade_date
        and bars.interval = '1d'
    where bars.symbol is null
),

steps as (
    select
        bars.* exclude (trade_date),
        case interval when '1d' then interval 1 day else interval 1 minute end as step,
        coalesce(lead(opened_at) over (
            partition by symbol, interval order by opened_at
        ), case when interval = '1d' then date_trunc('day', as_of) end) as next_at,
    from bars
    cross join publication
    where kind = 'crypto'
),

gaps as (
    select
        'equity_daily' as dataset, '1d' as interval, symbol, min(opened_at) as from_at,
        max(closed_at) as to_at, count(*) as missing, max(known_at) as known_at,
    from sessions_missing
    group by symbol, island
    union all
    select
        'crypto_' || interval as dataset, interval, symbol, opened_at + step as from_at,
        next_at as to_at,
        cast(epoch(next_at - opened_at) / epoch(step) as bigint) - 1 as missing,
        known_at,
    from steps
    where next_at > opened_at + step
)

select * exclude (known_at), 'open' as state, known_at
from gaps
order by interval, symbol, from_at
