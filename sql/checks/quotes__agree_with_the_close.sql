-- A quote taken at a close differs from that close by 0.5 % at most, over 100 days.
-- severity: warning
-- An equity's quote counts from a minute before its session's close to 15 minutes after
-- it, a coin's where it is within a minute of midnight UTC.

with

quotes as (
    select quotes.*, instruments.kind
    from staging.quotes as quotes
    inner join lake.instruments as instruments using (symbol)
),

quotes_at_a_close as (
    select quotes.*, sessions.trade_date
    from quotes
    inner join staging.sessions as sessions
        on quotes.kind = 'equity'
        and quoted_at between closed_at - interval 1 minute
        and closed_at + interval 15 minute
    union all
    select quotes.*, cast(quoted_at - interval 12 hour as date) as trade_date
    from quotes
    where kind = 'crypto'
        and abs(
            epoch(quoted_at) - epoch(date_trunc('day', quoted_at + interval 12 hour))
        ) <= 60
),

newest_quote_kept as (
    select *
    from quotes_at_a_close
    qualify row_number() over (
        partition by symbol, trade_date, source order by quoted_at desc
    ) = 1
)

select
    prices.symbol,
    prices.trade_date,
    prices.source,
    prices.close_as_traded,
    quotes.source as quote_source,
    quotes.price,
from marts.daily_prices as prices
inner join newest_quote_kept as quotes using (symbol, trade_date)
cross join lake.publication
where prices.trade_date > as_of - interval 100 day
    and abs(quotes.price / prices.close_as_traded - 1) > 0.005
