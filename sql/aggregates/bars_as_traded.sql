-- The close of a daily bar of a source, as it was traded: before later splits.
-- grain: symbol, trade_date, source

with

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
)

select * from bars_as_traded
