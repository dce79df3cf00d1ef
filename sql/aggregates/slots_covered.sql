-- A good answer about bars, with the places of the grid that it speaks of.
-- grain: sequence
-- A slot is a candle's place since 1970, or a session's number. Those from `from_slot`
-- up to the one before `until_slot` were over, and final, when the answer was given.

with

publication as (
    select as_of from lake.publication
),

instruments as (
    select symbol, kind from lake.instruments
),

coverage as (
    select coverage.*, instruments.kind
    from lake.coverage as coverage
    inner join instruments using (symbol)
    cross join publication
    where fetched_at <= as_of
),

sessions as (
    select opened_at, closed_at + interval 60 minute as ready_at, position
    from staging.sessions
),

candles_covered as (
    select
        sequence, symbol, interval, run_id, fetched_at,
        slot_of(covers_from - interval 1 microsecond, interval) + 1 as from_slot,
        slot_of(covers_until, interval) as until_slot,
    from coverage
    where kind = 'crypto' and interval != '1w'
),

sessions_covered as (
    select
        sequence, symbol, interval, run_id, fetched_at,
        min(position) as from_slot,
        max(position) + 1 as until_slot,
    from coverage
    inner join sessions on opened_at >= covers_from and ready_at <= covers_until
    where kind = 'equity' and interval = '1d'
    group by sequence, symbol, interval, run_id, fetched_at
),

slots_covered as (
    select * from candles_covered where from_slot < until_slot
    union all
    select * from sessions_covered
)

select *, fetched_at as known_at from slots_covered
