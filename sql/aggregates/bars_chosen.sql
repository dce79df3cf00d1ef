-- A final bar of the best source that has it.
-- grain: symbol, interval, opened_at
-- view
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

ranks as (
    select
        if(dataset in ('crypto_1d', 'crypto_1m'), 'crypto', 'equity') as kind,
        if(dataset = 'crypto_1m', '1m', '1d') as interval,
        source,
        min(rank + if(dataset = 'equity_history', 1000, 0)) as rank,
    from lake.chains
    where dataset in ('equity_daily', 'equity_history', 'crypto_1d', 'crypto_1m')
    group by all
),

bars_ranked as (
    select bars.*, coalesce(ranks.rank, 10000) as rank
    from bars
    left join ranks
        on bars.kind = ranks.kind and bars.interval = ranks.interval
        and if(is_binance(bars.source), 'binance', bars.source) = ranks.source
),

best_source_kept as (
    select * exclude (rank)
    from bars_ranked
    qualify row_number() over (
        partition by symbol, interval, opened_at
        order by rank, source <> 'binance_archive', source
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
