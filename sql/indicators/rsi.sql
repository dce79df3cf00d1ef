-- Relative strength index of a bar.
-- grain: symbol, interval, opened_at
-- unit: 0 to 100
-- definition: Wilder's RSI over 14 moves: gains' share of the averages of gains and
-- definition: losses, whose first ones are simple means, as TA-Lib's RSI; 0 while there
-- definition: was no move.
-- column: rsi14 | RSI 14 | all bars | Wilder's mean gain's share of gain and loss.

with

bars as (
    select * from aggregates.bars_final
),

averages as (
    select
        *,
        wilder(greatest(change, 0), 14) as average_gain,
        wilder(greatest(-change, 0), 14) as average_loss,
    from bars
),

-- without a move it stays what it was, though both averages fade to nothing
strengths as (
    select
        *,
        case when bar = 14 or change != 0
            then 100 * ratio(average_gain, average_gain + average_loss)
        end as strength,
    from averages
)

select
    symbol,
    interval,
    opened_at,
    case when bar >= 14 then coalesce(
        last_value(strength ignore nulls) over (
            partition by symbol, interval order by opened_at
        ), 0
    ) end as rsi14,
from strengths
