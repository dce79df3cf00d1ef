-- A final bar of the best source that has it.
-- grain: symbol, interval, opened_at
-- A stand-in's row never overwrites the first source's row. Equity days of sources that
-- only give history rank after the daily ones. Equity days outside the calendar's sessions
-- are left out (a check names them).

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
    select 'equity' as kind, '1d' as interval, source, min(rank) as rank
    from (
        select source, rank from chains where dataset = 'equity_daily'
        union all
        select source, 1000 + rank from chains where dataset = 'equity_history'
    )
    group by source
    union all
    select 'crypto' as kind, '1d' as interval, source, rank
    from chains where dataset = 'crypto_1d'
    union all
    select 'crypto' as kind, '1m' as interval, source, rank
    from chains where dataset = 'crypto_1m'
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
    left join ranks using (kind, interval, source)
    qualify row_number() over (
        partition by symbol, interval, opened_at
        order by coalesce(ranks.rank, 10000), source
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
