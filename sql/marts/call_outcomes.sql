-- An open call and what became of it: pending, settled (it fell due) or void.
-- grain: note_id, position

with

calls as (
    select * from marts.open_calls
),

call_excesses as (
    select * from marts.call_excesses
),

base_rates as (
    select * from marts.call_base_rates
),

anchor as (
    select * from marts.sessions_anchor
),

-- numbered as in call_windows
anchor_numbered as (
    select count(*) as session_number
    from lake.sessions as sessions
    inner join anchor on sessions.trade_date <= anchor.anchor_date
),

-- a neutral call without a year of excess returns before it cannot be judged
calls_judged as (
    select
        calls.*,
        excesses.entry_date,
        excesses.exit_date,
        excesses.excess,
        excesses.known_at as judged_at,
        anchor.session_number >= excesses.exit_number + 10 as is_too_late,
        case calls.stance
            when 'overweight' then excesses.excess > 0
            when 'underweight' then excesses.excess < 0
            else abs(excesses.excess) <= excesses.neutral_width
        end as is_hit
    from calls
    inner join call_excesses as excesses
        on
            calls.note_id = excesses.note_id
            and calls.position = excesses.position
    cross join anchor_numbered as anchor
),

outcomes as (
    select
        calls.note_id,
        calls.position,
        calls.model,
        calls.scope,
        calls.kind,
        calls.for_date,
        calls.symbol,
        calls.stance,
        calls.horizon,
        calls.confidence,
        calls.benchmark,
        calls.entry_date,
        calls.exit_date,
        calls.is_hit,
        case
            when calls.is_hit is not null then 'settled'
            when calls.is_too_late then 'void'
            else 'pending'
        end as status,
        100 * calls.excess as excess_return_pct,
        base_rates.base_rate,
        coalesce(calls.judged_at, calls.known_at) as known_at
    from calls_judged as calls
    left join base_rates
        on calls.note_id = base_rates.note_id and calls.position = base_rates.position
)

select * from outcomes
