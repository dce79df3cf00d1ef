-- A check of a run with the rows that broke it, none too, or a source's refused rows.
-- grain: run_id, check_name
-- Of the run that shows them, and of every run before it, those that were stopped too.

with

publication as (
    select * from lake.publication
),

check_results as (
    select check_results.*
    from lake.check_results as check_results
    inner join publication
        on check_results.run_id = publication.run_id
        or check_results.known_at <= publication.as_of
    qualify row_number() over (
        partition by check_results.run_id, check_name order by known_at desc
    ) = 1
),

refused_rows as (
    select refused_rows.*, publication.run_id
    from lake.refused_rows as refused_rows
    cross join publication
    where fetched_at <= as_of
),

refused_rows_counted as (
    select
        run_id,
        'refused_rows__' || dataset || '_' || source as check_name,
        source || ' gives no unreadable rows of ' || dataset || '.' as claim,
        'warning' as severity,
        count(*) as failed_rows,
        arg_max(
            symbol || ' ' || "at" || ': ' || reason, (sequence, symbol, "at", reason)
        ) as example,
        max(fetched_at) as known_at,
    from refused_rows
    group by run_id, dataset, source
),

findings as (
    select run_id, check_name, claim, severity, failed_rows, example, known_at
    from check_results
    union all
    select * from refused_rows_counted
),

findings_with_place as (
    select findings.*, findings.run_id = publication.run_id as is_of_this_run
    from findings
    cross join publication
)

select * from findings_with_place order by known_at, run_id, check_name
