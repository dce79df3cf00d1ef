-- A close as traded that a source gave for a day, as a daily bar or as a last price.
-- grain: symbol, trade_date, source, kind
-- view
-- Last prices count where they were taken at a close: an equity's from a minute before
-- its session's close to 15 minutes after it, a coin's within a minute of midnight UTC.

with

instruments as (
    select symbol, kind from lake.instruments
),

sessions as (
    select * from staging.sessions
),

bars_as_traded as (
    select * from aggregates.bars_as_traded
),

quotes as (
    select quotes.*, instruments.kind as traded_as
    from staging.quotes as quotes
    inner join instruments using (symbol)
),

quotes_at_a_close as (
    select quotes.*, sessions.trade_date
    from quotes
    inner join sessions
        on quotes.traded_as = 'equity'
        and quoted_at between closed_at - interval 1 minute
        and closed_at + interval 15 minute
    union all
    select quotes.*, cast(quoted_at - interval 12 hour as date) as trade_date
    from quotes
    where traded_as = 'crypto'
        and abs(
            epoch(quoted_at) - epoch(date_trunc('day', quoted_at + interval 12 hour))
        ) <= 60
),

newest_quote_kept as (
    select symbol, trade_date, source, 'quote' as kind, price as close, known_at
    from quotes_at_a_close
    qualify row_number() over (
        partition by symbol, trade_date, source order by quoted_at desc
    ) = 1
),

closes as (
    select * from bars_as_traded
    union all
    select * from newest_quote_kept
)

select * from closes
