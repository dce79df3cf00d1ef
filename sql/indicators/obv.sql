-- On-balance volume of a bar.
-- grain: symbol, interval, opened_at
-- incremental: rows
-- unit: units of the instrument
-- definition: obv is the first bar's volume, then plus the volume of each bar that
-- definition: closed higher and less that of each bar that closed lower, as TA-Lib's
-- definition: OBV.

with

volumes_added_up as (
    select
        sums.symbol,
        sums.interval,
        sums.opened_at,
        coalesce(ends.obv, 0) + volume_sum as obv,
        sums.known_at,
    from aggregates.bars_summed as sums
    left join aggregates.block_ends as ends
        on sums.symbol = ends.symbol and sums.interval = ends.interval
        and sums.bar // 16 = ends.block + 1
)

select * from volumes_added_up
