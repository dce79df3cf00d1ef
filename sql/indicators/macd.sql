-- Moving average convergence and divergence of a bar.
-- grain: symbol, interval, opened_at
-- unit: quote currency
-- definition: macd is EMA 12 less EMA 26 of close, macd_signal its EMA 9,
-- definition: macd_histogram their difference; seeded as TA-Lib's MACD, all three from
-- definition: the 34th bar on.

with

bars as (
    select symbol, interval, opened_at, bar, close, known_at from aggregates.bars_final
),

lines as (
    select
        *,
        ema(close, 12, 25) - ema(close, 26, 25) as line,
    from bars
),

signals as (
    select
        *,
        ema(line, 9, 33) as macd_signal,
    from lines
),

histograms as (
    select
        symbol,
        interval,
        opened_at,
        case when bar >= 33 then line end as macd,
        macd_signal,
        line - macd_signal as macd_histogram,
        known_at,
    from signals
)

select * from histograms
