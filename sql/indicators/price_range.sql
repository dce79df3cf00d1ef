-- Highs and lows of a bar's last 20 bars, and of the 20 before it.
-- grain: symbol, interval, opened_at
-- unit: quote currency
-- definition: high20 and low20 are the highest high and lowest low of the last 20 bars,
-- definition: resistance and support those of the 20 bars before this one.
-- column: high20 | Highest high of 20 | 20 bars | Of the last 20 bars.
-- column: low20 | Lowest low of 20 | 20 bars | Of the last 20 bars.
-- column: resistance | Resistance | 20 bars before | Highest high of the 20 before.
-- column: support | Support | 20 bars before | Lowest low of the 20 before.

with

bars as (
    select * from aggregates.bars_final
)

select
    symbol,
    interval,
    opened_at,
    case when bar >= 19 then max(high) over last_20 end as high20,
    case when bar >= 19 then min(low) over last_20 end as low20,
    case when bar >= 20 then max(high) over before end as resistance,
    case when bar >= 20 then min(low) over before end as support,
from bars
window
    last_20 as (
        partition by symbol, interval order by opened_at rows 19 preceding
    ),
    before as (
        partition by symbol, interval order by opened_at
        rows between 20 preceding and 1 preceding
    )
