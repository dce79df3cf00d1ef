-- A daily bar of the best source, adjusted for splits up to the as-of day.
-- grain: symbol, trade_date
-- A raw bar is quoted in the shares of its own day, an adjusted one in those of the day
-- on which it was fetched.

with

as_of_day as (
    select as_of_date from staging.as_of_day
),

bars as (
    select
        *,
        case
            when adjustment = 'raw' then trade_date
            else greatest(trade_date, eastern_date(fetched_at))
        end as quoted_through,
    from aggregates.bars_chosen
    where interval = '1d'
),

splits as (
    select symbol, ex_date, value, known_at as split_known_at
    from staging.actions
    where kind = 'split'
),

factors as (
    select
        symbol,
        trade_date,
        coalesce(
            product(value order by ex_date) filter (ex_date <= quoted_through), 1
        ) as undone,
        coalesce(
            product(value order by ex_date) filter (ex_date <= as_of_date), 1
        ) as done,
        max(split_known_at) filter (ex_date <= as_of_date) as splits_known_at,
    from bars
    cross join as_of_day
    inner join splits using (symbol)
    where trade_date < ex_date
    group by symbol, trade_date
),

bars_adjusted as (
    select
        symbol,
        trade_date,
        opened_at,
        kind,
        coalesce(done / undone, 1) as divisor,
        open / divisor as open,
        high / divisor as high,
        low / divisor as low,
        close / divisor as close,
        close * coalesce(undone, 1) as close_as_traded,
        adj_close / divisor as adj_close,
        volume * divisor as volume,
        quote_volume,
        taker_buy_quote_volume,
        trades,
        source,
        adjustment,
        sequence,
        sha256,
        greatest(known_at, splits_known_at) as known_at,
    from bars
    left join factors using (symbol, trade_date)
)

select * exclude (divisor) from bars_adjusted order by symbol, trade_date
