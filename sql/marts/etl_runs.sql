-- A run of mfo, and how it ended.
-- grain: run_id

with

publication as (
    select as_of from lake.publication
),

runs as (
    select * from lake.runs
),

runs_known as (
    select runs.*
    from runs
    cross join publication
    where known_at <= as_of
    qualify row_number() over (partition by run_id order by known_at desc) = 1
)

select * from runs_known order by run_at, run_id
