-- A source of the configuration: whether it may be asked, and whether it goes first.
-- grain: source
-- `is_first` is: the best source with its key set, for a dataset that each run asks
-- for.

with

sources as (
    select *, has_key or not needs_key as is_usable from lake.sources
),

chains as (
    select * from lake.chains
),

first_sources as (
    select dataset, arg_min(source, (rank, source)) as source
    from chains
    inner join sources using (source)
    where is_usable
        and dataset in (
            'equity_daily', 'macro', 'crypto_1m', 'crypto_1d', 'order_book'
        )
    group by dataset
),

sources_with_place as (
    select
        sources.*,
        source in (select source from chains) as is_chained,
        source in (select source from first_sources) as is_first,
        source in (
            select source from first_sources where dataset in ('equity_daily', 'macro')
        ) as goes_by_sessions,
        publication.as_of as known_at,
    from sources
    cross join lake.publication as publication
)

select * from sources_with_place
