-- A final bar with the running sums that MACD's signal is made of as well.
-- grain: symbol, interval, opened_at
-- incremental: after 0 bars
-- inlined
-- The signal is an average of a difference of averages: its sum in a block is that of
-- what the block itself adds to the two, and what the ends of the block before weigh in
-- it.

with

bars as (
    select *, fade_of(0.8, bar) as fade9, ema_term(1, 0.8, fade9, 9, 33) as line_term
    from aggregates.bars_summed
),

lines as (
    select
        * exclude (line_term),
        line_term * (fade12 * ema12_sum - fade26 * ema26_sum) as line,
        line_term * fade12 * 11 / 13 as weight12,
        line_term * fade26 * 25 / 27 as weight26,
    from bars
),

lines_of_4 as (
    select * replace (
        four_in_block(line, 1) as line,
        four_in_block(weight12, 1) as weight12,
        four_in_block(weight26, 1) as weight26
    )
    from lines
),

lines_summed as (
    select
        * exclude (line, weight12, weight26),
        four_in_block(line, 4) as line_sum,
        four_in_block(weight12, 4) as end12_weight,
        four_in_block(weight26, 4) as end26_weight,
    from lines_of_4
)

select * from lines_summed
