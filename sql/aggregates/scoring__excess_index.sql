-- Where a recommended symbol stood against its benchmark at a US session's close.
-- grain: symbol, benchmark, trade_date
-- In logs.

with

recommendations as (
    select * from aggregates.scoring__recommendations
),

levels as (
    select * from aggregates.scoring__total_return_index
),

anchor as (
    select * from aggregates.anchor
),

sessions as (
    select * from lake.sessions
),

sessions_numbered as (
    select
        sessions.trade_date,
        sessions.closed_at,
        row_number() over (order by sessions.trade_date) as session_number
    from sessions
    inner join anchor on sessions.trade_date <= anchor.anchor_date
),

pairs as (
    select distinct
        symbol,
        benchmark
    from recommendations
),

levels_compared as (
    select
        pairs.symbol,
        pairs.benchmark,
        sessions.trade_date,
        sessions.closed_at,
        sessions.session_number,
        own.level - other.level as level,
        own.breaks + other.breaks as breaks,
        greatest(own.known_at, other.known_at) as known_at
    from pairs
    inner join levels as own on pairs.symbol = own.symbol
    inner join levels as other
        on pairs.benchmark = other.symbol and own.trade_date = other.trade_date
    inner join sessions_numbered as sessions
        on own.trade_date = sessions.trade_date
),

excesses as (
    select
        *,
        case when breaks = lag(breaks) over days then level - lag(level) over days end
            as excess
    from levels_compared
    window days as (partition by symbol, benchmark order by trade_date)
),

excesses_with_their_spread as (
    select
        *,
        case when count(excess) over year = 252 then stddev_samp(excess) over year end
            as spread252
    from excesses
    window year as (
        partition by symbol, benchmark, excess is null order by trade_date
        rows between 251 preceding and current row
    )
)

select * from excesses_with_their_spread
