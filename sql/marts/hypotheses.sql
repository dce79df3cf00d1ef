-- A hypothesis as it was written down, with what its last test found.
-- grain: name
-- Means are of forward log total returns in percent; live: signals since it was added.

with

hypotheses as (
    select * from lake.hypotheses
),

tests as (
    select * from lake.hypothesis_tests
),

publication as (
    select * from lake.publication
),

hypotheses_known as (
    select hypotheses.*
    from hypotheses
    inner join publication on hypotheses.added_at <= publication.as_of
    qualify row_number() over (partition by name order by sequence) = 1
),

tests_known as (
    select
        tests.*,
        row_number() over (partition by name order by sequence) as tests
    from tests
    inner join publication on tests.tested_at <= publication.as_of
    qualify row_number() over (partition by name order by sequence desc) = 1
),

hypotheses_with_their_last_test as (
    select
        known.name,
        known.condition,
        known.horizon,
        known.author,
        known.added_at,
        coalesce(tests.tests, 0) as tests,
        tests.tested_at,
        cast(tests.document ->> '$.all.n' as bigint) as n,
        cast(tests.document ->> '$.all.mean_pct' as double) as mean_pct,
        cast(tests.document ->> '$.all.low_pct' as double) as low_pct,
        cast(tests.document ->> '$.all.high_pct' as double) as high_pct,
        cast(tests.document ->> '$.all.base_pct' as double) as base_pct,
        cast(tests.document ->> '$.later.n' as bigint) as later_n,
        cast(tests.document ->> '$.later.mean_pct' as double) as later_mean_pct,
        cast(tests.document ->> '$.later.base_pct' as double) as later_base_pct,
        cast(tests.document ->> '$.live.n' as bigint) as live_n,
        cast(tests.document ->> '$.live.mean_pct' as double) as live_mean_pct,
        cast(tests.document ->> '$.live.base_pct' as double) as live_base_pct,
        tests.document ->> 'words' as words,
        tests.document,
        known.sequence,
        known.sha256,
        greatest(known.added_at, tests.tested_at) as known_at
    from hypotheses_known as known
    left join tests_known as tests on known.name = tests.name
)

select * from hypotheses_with_their_last_test order by added_at, name
