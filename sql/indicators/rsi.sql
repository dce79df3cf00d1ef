-- Relative strength index of a bar.
-- grain: symbol, interval, opened_at
-- unit: 0 to 100
-- definition: rsi14 is Wilder's RSI over 14 moves, the first averages simple means.
-- It does not change while the price does not, so flat bars carry it on: the averages
-- that it is made of fade away in a long flat run.

with

bars as (
    select symbol, interval, opened_at, bar, change, known_at from aggregates.bars_final
),

moves_averaged as (
    select
        *,
        wilder(greatest(change, 0), 14) as gain,
        wilder(greatest(-change, 0), 14) as loss,
    from bars
),

strengths as (
    select
        *,
        case when change != 0 or bar = 14
            then 100 * ratio(gain, gain + loss)
        end as strength,
    from moves_averaged
),

strengths_carried as (
    select
        symbol,
        interval,
        opened_at,
        case when bar >= 14 then coalesce(last_value(strength ignore nulls) over (
            partition by symbol, interval order by bar
        ), 0) end as rsi14,
        known_at,
    from strengths
)

select * from strengths_carried
