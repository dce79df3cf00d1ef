-- A split or dividend as the best source knew it.
-- grain: symbol, ex_date, kind
-- `quoted_through` is the day up to whose splits the value is adjusted: Yahoo's
-- dividends are up to the day they were fetched. By published dates an action is known
-- from its ex-date; later ones stay, to be undone in prices that were fetched after
-- them.

with

publication as (
    select as_of, basis from lake.publication
),

actions as (
    select * from lake.actions
),

actions_chain as (
    select source, rank from lake.chains where dataset = 'actions'
),

actions_known as (
    select
        actions.*,
        case
            when publication.basis = 'published'
                then least(fetched_at, cast(ex_date as timestamp))
            else fetched_at
        end as known_at,
        case
            when source = 'yahoo' then greatest(ex_date, eastern_date(fetched_at))
            else ex_date
        end as quoted_through,
    from actions
    cross join publication
    where (publication.basis = 'published' or fetched_at <= publication.as_of)
        and value > 0
),

best_source_kept as (
    select actions_known.*
    from actions_known
    left join actions_chain using (source)
    qualify row_number() over (
        partition by symbol, ex_date, kind
        order by coalesce(rank, 1000), source, fetched_at desc, sequence desc
    ) = 1
)

select * from best_source_kept
