-- A close as traded that a source gave for a day, as a daily bar or as a last price.
-- grain: symbol, trade_date, source, kind
-- Last prices count where they were taken at a close: an equity's from a minute before
-- its session's close to 15 minutes after it, a coin's within a minute of midnight UTC.

with

instruments as (
    select symbol, kind from lake.instruments
),

sessions as (
    select * from staging.sessions
),

bars as (
    select *, cast(opened_at as date) as trade_date
    from staging.bars
    where interval = '1d' and adjustment != 'total'
),

splits as (
    select symbol, ex_date, value from staging.actions where kind = 'split'
),

bars_as_traded as (
    select
        bars.symbol,
        bars.trade_date,
        bars.source,
        'bar' as kind,
        any_value(bars.close) * coalesce(product(splits.value), 1) as close,
        any_value(bars.known_at) as known_at,
    from bars
    left join splits
        on bars.symbol = splits.symbol
        and bars.adjustment = 'split'
        and bars.trade_date < splits.ex_date
        and splits.ex_date <= eastern_date(bars.fetched_at)
    group by bars.symbol, bars.trade_date, bars.source
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
