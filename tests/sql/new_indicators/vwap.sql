-- Volume-weighted average price of a bar's last 20 bars.
-- grain: symbol, interval, opened_at
-- unit: quote currency
-- definition: vwap20 is sum(typical price * volume) / sum(volume) over the last 20
-- definition: bars, the typical price being (high + low + close) / 3; NULL where
-- definition: nothing was traded.
-- column: vwap20 | VWAP 20 | 20 bars | Mean typical price, weighted by volume.

with

bars as (
    select
        *,
        (high + low + close) / 3 as typical,
        coalesce(volume, 0) as traded,
    from aggregates.bars_final
)

select
    symbol,
    interval,
    opened_at,
    ratio(sma(typical * traded, 20), sma(traded, 20)) as vwap20,
from bars
