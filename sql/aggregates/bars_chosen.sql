-- A final bar of the best source that has it.
-- grain: symbol, interval, opened_at
-- A stand-in's row never overwrites the first source's row; Binance's archive ranks as
-- Binance, and before its REST. Equity days of sources that only give history rank
-- after the daily ones. Those outside the calendar's sessions are left out (a check
-- names them).

with

bars as (
    select bars.*, instruments.kind
    from staging.bars as bars
    inner join lake.instruments as instruments using (symbol)
),

sessions as (
    select trade_date, opened_at from staging.sessions
),

chains as (
    select * from lake.chains
),

ranks as (
    select
        case when dataset in ('crypto_1d', 'crypto_1m') then 'crypto' else 'equity' end
            as kind,
        case when dataset = 'crypto_1m' then '1m' else '1d' end as interval,
        source,
        min(rank + case dataset when 'equity_history' then 1000 else 0 end) as rank,
    from chains
    where dataset in ('equity_daily', 'equity_history', 'crypto_1d', 'crypto_1m')
    group by kind, interval, source
),

bars_of_several_sources as (
    select symbol, interval, opened_at
    from bars
    group by symbol, interval, opened_at
    having count(*) > 1
),

best_source_kept as (
    select *
    from bars
    anti join bars_of_several_sources using (symbol, interval, opened_at)
    union all
    select bars.*
    from bars
    semi join bars_of_several_sources using (symbol, interval, opened_at)
    left join ranks
        on bars.kind = ranks.kind and bars.interval = ranks.interval
        and case when is_binance(bars.source) then 'binance' else bars.source end
        = ranks.source
    qualify row_number() over (
        partition by bars.symbol, bars.interval, bars.opened_at
        order by
            coalesce(ranks.rank, 10000),
            bars.source <> 'binance_archive',
            bars.source
    ) = 1
),

bars_dated as (
    select
        best_source_kept.*,
        case
            when kind = 'equity' and interval = '1d' then sessions.trade_date
            else cast(opened_at as date)
        end as trade_date,
    from best_source_kept
    left join sessions using (opened_at)
)

select * from bars_dated where trade_date is not null
