-- Money flow index of a bar.
-- grain: symbol, interval, opened_at
-- unit: 0 to 100
-- definition: mfi14 is the share of typical price times volume of bars with a higher
-- definition: typical price, among those of higher and lower ones over 14, as TA-Lib's
-- definition: MFI; 0 where there were neither.
-- column: mfi14 | Money flow index 14 | 15 bars | RSI of typical price * volume.

with

bars as (
    select *, (high + low + close) / 3 as typical from aggregates.bars_final
),

bars_with_previous as (
    select *, lag(typical) over in_order as previous from bars
    window in_order as (partition by symbol, interval order by opened_at)
),

-- prices that differ by less than 1e-14 of their sum are equal, as they are in TA-Lib
directions as (
    select
        *,
        coalesce(typical * volume, 0) as money,
        case when abs(typical - previous) > 1e-14 * (typical + previous)
            then sign(typical - previous)
            else 0
        end as direction,
    from bars_with_previous
),

averages as (
    select
        *,
        sma(if(direction > 0, money, 0), 14) as gained,
        sma(if(direction < 0, money, 0), 14) as lost,
    from directions
)

select
    symbol,
    interval,
    opened_at,
    case when bar >= 14 then coalesce(100 * ratio(gained, gained + lost), 0) end
        as mfi14,
from averages
