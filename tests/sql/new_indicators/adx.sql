-- Average directional index of a bar, and the directional indicators that it is of.
-- grain: symbol, interval, opened_at
-- unit: 0 to 100
-- definition: plus_di14 and minus_di14 are Wilder's averages over 14 bars of the moves
-- definition: up and down beyond the bar before, in percent of that of the true range;
-- definition: adx14 is Wilder's average of their difference in percent of their sum, as
-- definition: TA-Lib's PLUS_DI, MINUS_DI and ADX.
-- column: plus_di14 | +DI 14 | all bars | Moves up in percent of the true range.
-- column: minus_di14 | -DI 14 | all bars | Moves down in percent of the true range.
-- column: adx14 | ADX 14 | all bars | How far the two are apart: how strong a trend is.

with

bars as (
    select * from aggregates.bars_final
),

bars_with_moves as (
    select
        *,
        high - lag(high) over in_order as move_up,
        lag(low) over in_order - low as move_down,
    from bars
    window in_order as (partition by symbol, interval order by opened_at)
),

moves as (
    select
        *,
        if(move_up > move_down and move_up > 0, move_up, 0) as plus_move,
        if(move_down > move_up and move_down > 0, move_down, 0) as minus_move,
        if(bar = 0, 0, greatest(
            high - low, abs(high - previous_close), abs(low - previous_close)
        )) as true_range,
    from bars_with_moves
),

-- as in TA-Lib, the first averages are of 13 moves, over 14
averages as (
    select
        *,
        wilder(plus_move, 14, 13) as plus_average,
        wilder(minus_move, 14, 13) as minus_average,
        wilder(true_range, 14, 13) as range_average,
    from moves
),

-- without a range they stay what they were, though the averages fade to nothing
directions as (
    select
        *,
        last_value(100 * ratio(plus_average, range_average) ignore nulls) over in_order
            as plus_di,
        last_value(100 * ratio(minus_average, range_average) ignore nulls) over in_order
            as minus_di,
    from averages
    window in_order as (partition by symbol, interval order by opened_at)
),

strengths as (
    select
        *,
        coalesce(100 * ratio(abs(plus_di - minus_di), plus_di + minus_di), 0) as dx,
    from directions
)

select
    symbol,
    interval,
    opened_at,
    case when bar >= 14 then coalesce(plus_di, 0) end as plus_di14,
    case when bar >= 14 then coalesce(minus_di, 0) end as minus_di14,
    wilder(dx, 14, 27) as adx14,
from strengths
