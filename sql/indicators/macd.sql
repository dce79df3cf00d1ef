-- Moving average convergence and divergence of a bar.
-- grain: symbol, interval, opened_at
-- incremental: rows
-- unit: quote currency
-- definition: macd is EMA 12 less EMA 26 of close, macd_signal its EMA 9,
-- definition: macd_histogram their difference; seeded as TA-Lib's MACD, all three from
-- definition: the 34th bar on.

with

bars as (
    select * from aggregates.bars_averaged
),

lines as (
    select
        *,
        ema_now(ema12_before, ema12_sum, 11 / 13, fade12, 25)
        - ema_now(ema26_before, ema26_sum, 25 / 27, fade26, 25) as line,
        ema_now(
            signal_before,
            line_sum_now(
                line_sum, ema12_before, end12_weight, ema26_before, end26_weight
            ),
            0.8, fade9, 33
        ) as signal,
    from bars
),

histograms as (
    select
        * exclude (line, signal),
        case when bar >= 33 then line end as macd,
        signal as macd_signal,
        line - signal as macd_histogram,
    from lines
)

select * from histograms
