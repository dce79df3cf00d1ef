-- Moving average convergence and divergence of a bar.
-- grain: symbol, interval, opened_at
-- unit: quote currency
-- definition: macd is EMA 12 less EMA 26 of close, macd_signal its EMA 9,
-- definition: macd_histogram their difference; seeded as TA-Lib's MACD, all three from
-- definition: the 34th bar on.
-- column: macd | MACD 12, 26 | all bars | EMA of 12 closes minus EMA of 26.
-- column: macd_signal | MACD signal 9 | all bars | EMA of 9 values of the MACD.
-- column: macd_histogram | MACD histogram | all bars | MACD minus its signal.

with

bars as (
    select * from aggregates.bars_final
),

lines as (
    select *, ema(close, 12, 25) - ema(close, 26, 25) as line from bars
),

signals as (
    select *, ema(line, 9, 33) as signal from lines
)

select
    symbol,
    interval,
    opened_at,
    case when bar >= 33 then line end as macd,
    signal as macd_signal,
    line - signal as macd_histogram,
from signals
