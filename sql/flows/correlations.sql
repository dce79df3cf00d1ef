-- The correlation of two symbols' total log returns over their last n common dates.
-- grain: symbol_a, symbol_b, days
-- NULL until there are n, when the pair's last common date is not the anchor, and when
-- one of them has a return at the anchor that nothing explains.

with

anchor as (
    select anchor_date from aggregates.anchor
),

pairs as (
    select * from flows.pairs
),

suspects as (
    select symbol, trade_date as anchor_date
    from aggregates.bars_final
    where is_suspect
),

lengths as (
    select unnest([30, 90, 252]) as days
),

pairs_numbered as (
    select
        pairs.*,
        anchor_date,
        row_number() over newest_first as dates_ago,
        first_value(trade_date) over newest_first as last_date,
    from pairs
    cross join anchor
    where trade_date <= anchor_date
    window newest_first as (
        partition by symbol_a, symbol_b order by trade_date desc
    )
),

correlations as (
    select
        symbol_a,
        symbol_b,
        days,
        any_value(anchor_date) as anchor_date,
        count(*) as n,
        case when count(*) = any_value(days) and max(last_date) = any_value(anchor_date)
            then finite_or_null(corr(return_a, return_b order by trade_date))
        end as r,
        max(known_at) as known_at,
    from pairs_numbered
    inner join lengths on dates_ago <= days
    group by symbol_a, symbol_b, days
),

suspects_left_out as (
    select correlations.* replace (
        case when suspect_a.symbol is null and suspect_b.symbol is null then r end as r
    )
    from correlations
    left join suspects as suspect_a
        on symbol_a = suspect_a.symbol
        and correlations.anchor_date = suspect_a.anchor_date
    left join suspects as suspect_b
        on symbol_b = suspect_b.symbol
        and correlations.anchor_date = suspect_b.anchor_date
)

select * from suspects_left_out
