-- A request that was sent, and how it ended.
-- grain: sequence

with

publication as (
    select as_of from lake.publication
),

requests as (
    select * from lake.requests
),

requests_known as (
    select requests.*
    from requests
    cross join publication
    where known_at <= as_of
    qualify row_number() over (partition by sequence order by known_at desc) = 1
)

select * from requests_known order by sequence
