-- Moving average convergence and divergence of a bar.
-- grain: symbol, interval, opened_at
-- incremental: after 208 bars
-- unit: quote currency
-- definition: macd is EMA 12 less EMA 26 of close, macd_signal its EMA 9,
-- definition: macd_histogram their difference; seeded as TA-Lib's MACD, all three from
-- definition: the 34th bar on.

with

lines as (
    select
        sums.symbol,
        sums.interval,
        sums.opened_at,
        bar,
        ema_now(ends.ema12, ema12_sum, 11 / 13, 25)
        - ema_now(ends.ema26, ema26_sum, 25 / 27, 25) as line,
        sums.known_at,
    from aggregates.bars_summed as sums
    left join aggregates.block_ends as ends
        on sums.symbol = ends.symbol and sums.interval = ends.interval
        and sums.bar // 16 = ends.block + 1
),

terms as (
    select
        *,
        bar // 16 as block,
        coalesce(ema_term(line, 0.8, 9, 33), 0) as line_term,
    from lines
),

lines_summed as (
    select
        *,
        block_sum(line_term) as line_sum,
    from terms
),

blocks as (
    select
        symbol,
        interval,
        block + 1 as next_block,
        blocks_before(ema_end(0, line_sum, 0.8), 0.8) as signal_before,
    from lines_summed
    where bar % 16 = 15
),

signals as (
    select
        lines_summed.*,
        ema_now(signal_before, line_sum, 0.8, 33) as macd_signal,
    from lines_summed
    left join blocks
        on lines_summed.symbol = blocks.symbol
        and lines_summed.interval = blocks.interval and block = next_block
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
