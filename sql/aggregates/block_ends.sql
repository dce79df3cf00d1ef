-- The averages at the end of each block of 16 bars, which the next block goes on from.
-- grain: symbol, interval, block
-- incremental: after 0 blocks, from aggregates.block_starts

with recursive

ends as (
    select * from aggregates.block_sums
),

carried as (
    select * from aggregates.block_starts
    union all
    select
        ends.symbol,
        ends.interval,
        ends.opened_at,
        ends.block,
        ema_end(ema12, ema12_sum, 11 / 13) as ema12,
        ema_end(ema26, ema26_sum, 25 / 27) as ema26,
        ema_end(
            signal,
            line_sum_now(line_sum, ema12, end12_weight, ema26, end26_weight),
            0.8
        ) as signal,
        ema_end(gain, gain_sum, 13 / 14) as gain,
        ema_end(loss, loss_sum, 13 / 14) as loss,
        ema_end(true_range, range_sum, 13 / 14) as true_range,
        strength(gain, gain_sum, loss, loss_sum, strength) as strength,
        obv + volume_sum as obv,
        ends.known_at,
    from carried
    inner join ends
        on carried.symbol = ends.symbol and carried.interval = ends.interval
        and carried.block + 1 = ends.block
)

select * from carried where block >= 0
