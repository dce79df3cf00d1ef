-- A source's requests of the last 30 days, those of its own today, and how they ended.
-- grain: source

with

publication as (
    select as_of from lake.publication
),

sources as (
    select source, day_zone from lake.sources
),

requests as (
    select
        requests.* replace (if(verdict = 'more', 'ok', verdict) as verdict),
        as_of,
        zone_date(reserved_at, coalesce(day_zone, 'UTC'))
        = zone_date(as_of, coalesce(day_zone, 'UTC')) as is_today,
    from lake.requests as requests
    left join sources using (source)
    cross join publication
    where requests.known_at <= as_of and verdict is not null
),

requests_counted as (
    select
        source,
        arg_max(verdict, sequence) as last_verdict,
        max(answered_at) filter (verdict = 'ok') as last_good_at,
        arg_max(verdict || coalesce(': ' || nullif(detail, ''), ''), sequence)
            filter (verdict != 'ok') as last_error,
        count(*) filter (reserved_at > as_of - interval 30 day) as requests,
        ratio(
            count(*) filter (verdict = 'ok' and reserved_at > as_of - interval 30 day),
            count(*) filter (reserved_at > as_of - interval 30 day)
        ) as success_share,
        median(latency_ms) filter (reserved_at > as_of - interval 30 day)
            as median_latency_ms,
        count(*) filter (is_today) as used_today,
        coalesce(
            -- the second name is that of the release before
            bool_or(verdict in ('ProviderQuotaExhausted', 'DaySpent'))
                filter (is_today),
            false
        ) as is_spent,
        max(answered_at) as known_at,
    from requests
    group by source
)

select * from requests_counted
