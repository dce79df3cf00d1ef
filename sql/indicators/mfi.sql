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
    from bars
),

directions as (
    select
        *,
        ago(typical, 1) as previous,
        case when bar > 0 and abs(typical - previous) > 1e-14 * (typical + previous)
            then sign(typical - previous)
        end as direction,
        case when direction > 0 then coalesce(typical * volume, 0) else 0 end as gained,
        case when direction < 0 then coalesce(typical * volume, 0) else 0 end as lost,
    from typical_prices
),

money_of_seven as (
    select
        * exclude (typical, previous, direction)
        replace (seven(gained) as gained, seven(lost) as lost),
    from directions
),

money_of_fourteen as (
    select * replace (two_sevens(gained) as gained, two_sevens(lost) as lost)
    from money_of_seven
),

shares as (
    select
        * exclude (gained, lost),
        case when bar >= 14
            then coalesce(100 * ratio(gained, gained + lost), 0)
        end as mfi14,
    from money_of_fourteen
)

select * from shares
