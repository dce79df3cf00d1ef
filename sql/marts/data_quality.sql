-- A check of the published run with the rows that broke it, or a source's refused rows.
-- grain: check_name

with

publication as (
    select * from lake.publication
),

check_results as (
    select check_results.*
    from lake.check_results as check_results
    inner join publication using (run_id)
    qualify row_number() over (partition by check_name order by known_at desc) = 1
),

refused_rows as (
    select refused_rows.*
    from lake.refused_rows as refused_rows
    cross join publication
    where fetched_at <= as_of
),

refused_rows_counted as (
    select
        'refused_rows__' || dataset || '_' || source as check_name,
        source || ' gives no unreadable rows of ' || dataset || '.' as claim,
        'warning' as severity,
        count(*) as failed_rows,
        arg_max(
            symbol || ' ' || "at" || ': ' || reason, (sequence, symbol, "at", reason)
        ) as example,
        max(fetched_at) as known_at,
    from refused_rows
    group by dataset, source
),

findings as (
    select check_name, claim, severity, failed_rows, example, known_at
    from check_results
    union all
    select * from refused_rows_counted
)

select * from findings order by check_name
