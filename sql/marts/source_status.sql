-- A source: whether it is well, what its newest row is and when the next one is due.
-- grain: source

with

publication as (
    select as_of from lake.publication
),

sources as (
    select * from aggregates.sources_usable
),

newest as (
    select * from aggregates.newest_rows
),

requests as (
    select * from aggregates.requests_counted
),

sources_with_age as (
    select
        sources.*,
        newest.newest,
        case when is_first then expected_next_at end as expected_next_at,
        requests.* exclude (source, known_at),
        greatest(newest.known_at, requests.known_at, as_of) as known_at,
        as_of,
    from sources
    left join newest using (source)
    left join requests using (source)
    cross join publication
),

sources_judged as (
    select
        *,
        case
            when not is_usable then 'skipped'
            when last_verdict is null and newest is null then 'unused'
            when last_verdict != 'ok' then 'failed'
            when expected_next_at < as_of then 'late'
            else 'ok'
        end as status,
        case status
            when 'skipped' then 'no key: set '
                || coalesce(key_variables, upper(source) || '_API_KEY')
            when 'unused' then case
                when is_chained then 'stands in, not needed so far'
                else 'in no chain of the configuration'
            end
            when 'failed' then 'the last request failed: ' || last_verdict
            when 'late' then strftime(expected_next_at, 'due since %Y-%m-%d %H:%M UTC')
        end as why,
    from sources_with_age
),

status as (
    select
        source, title, status, why, newest, cadence_hours, expected_next_at,
        last_good_at, last_error, success_share, median_latency_ms, per_day,
        coalesce(used_today, 0) as used_today,
        case
            when per_day is not null and is_spent then 0
            when per_day is not null
                then greatest(per_day - coalesce(used_today, 0), 0)
        end as left_today,
        coalesce(requests, 0) as requests,
        position,
        known_at,
    from sources_judged
)

select * from status order by position, source
