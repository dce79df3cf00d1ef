-- Money flow index of a bar.
-- grain: symbol, interval, opened_at
-- incremental: after 16 bars
-- unit: 0 to 100
-- definition: mfi14 is the share of typical price times volume of bars with a higher
-- definition: typical price, among those of higher and lower ones over 14, as TA-Lib's
-- definition: MFI.
-- Typical prices that differ by less than 1e-14 of their sum are equal, as they are
-- there.

with

bars as (
    select * from aggregates.bars_final
),

typical_prices as (
    select
        *,
        (high + low + close) / 3 as typical,
        typical * volume as money,
        lag(typical) over (partition by symbol, interval order by bar) as previous,
    from bars
),

directions as (
    select
        *,
        case when abs(typical - previous) > 1e-14 * (typical + previous)
            then sign(typical - previous)
        end as direction,
        case when direction > 0 then coalesce(money, 0) else 0 end as money_up,
        case when direction < 0 then coalesce(money, 0) else 0 end as money_down,
    from typical_prices
),

money_summed_up as (
    select
        *,
        case when bar >= 14 then sum_of_14(money_up) end as gained,
        case when bar >= 14 then sum_of_14(money_down) end as lost,
    from directions
),

shares as (
    select
        symbol,
        interval,
        opened_at,
        case when gained is not null
            then coalesce(100 * ratio(gained, gained + lost), 0)
        end as mfi14,
        known_at,
    from money_summed_up
)

select * from shares
