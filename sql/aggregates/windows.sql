-- A window of the pictures: the last n sessions up to the anchor.
-- grain: window
-- Crypto covers the UTC days after `base_date`, the n-th session before the anchor.

with

anchor as (
    select * from aggregates.anchor
),

sessions as (
    select trade_date, position from staging.sessions
),

lengths as (
    select
        unnest(['1D', '1W', '1M', '3M', '1Y']) as "window",
        unnest([1, 5, 21, 63, 252]) as sessions,
),

windows_dated as (
    select
        lengths."window",
        lengths.sessions,
        anchor.anchor_date,
        anchor.anchor_position,
        first_session.trade_date as from_date,
        base_session.trade_date as base_date,
        anchor.known_at,
    from lengths
    cross join anchor
    left join sessions as first_session
        on first_session.position = anchor_position - lengths.sessions + 1
    left join sessions as base_session
        on base_session.position = anchor_position - lengths.sessions
)

select * from windows_dated
