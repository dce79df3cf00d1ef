-- A final bar with the running sums, in blocks of 16 bars, that averages are made of.
-- grain: symbol, interval, opened_at
-- incremental: after 0 bars
-- inlined
-- An average with a memory is then a product of two columns, and a later bar needs no
-- more of the past than its own block and one row of aggregates.block_ends.

with

bars as (
    select
        *,
        fade_of(11 / 13, bar) as fade12,
        fade_of(25 / 27, bar) as fade26,
        fade_of(13 / 14, bar) as fade14,
        greatest(
            high - low, abs(high - previous_close), abs(low - previous_close)
        ) as true_range,
    from aggregates.bars_final
),

terms as (
    select
        *,
        ema_term(close, 11 / 13, fade12, 12, 25) as term12,
        ema_term(close, 25 / 27, fade26, 26, 25) as term26,
        ema_term(greatest(change, 0), 13 / 14, fade14, 14, 14) as gain,
        ema_term(greatest(-change, 0), 13 / 14, fade14, 14, 14) as loss,
        ema_term(true_range, 13 / 14, fade14, 14, 14) as range_term,
        coalesce(if(bar = 0, 1, sign(change)) * volume, 0) as signed_volume,
    from bars
),

terms_of_4 as (
    select
        * replace (
            four_in_block(term12, 1) as term12,
            four_in_block(term26, 1) as term26,
            four_in_block(gain, 1) as gain,
            four_in_block(loss, 1) as loss,
            four_in_block(range_term, 1) as range_term,
            four_in_block(signed_volume, 1) as signed_volume
        ),
    from terms
),

bars_summed as (
    select
        * exclude (term12, term26, gain, loss, range_term, signed_volume, true_range),
        four_in_block(term12, 4) as ema12_sum,
        four_in_block(term26, 4) as ema26_sum,
        four_in_block(gain, 4) as gain_sum,
        four_in_block(loss, 4) as loss_sum,
        four_in_block(range_term, 4) as range_sum,
        four_in_block(signed_volume, 4) as volume_sum,
    from terms_of_4
)

select * from bars_summed
