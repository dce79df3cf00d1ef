"""Indicators against TA-Lib, the oracle: walks, constants, short series, huge and tiny prices, long flat runs."""

from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
import talib
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.sql.conftest import Lake

START = date(2000, 1, 1)
Series = dict[str, np.ndarray]


def made_up(shape: str, length: int, seed: int, scale: float) -> Series:
    """Open, high, low, close and volume of one series, prices near `scale`."""
    rng = np.random.default_rng(seed)
    steps = rng.normal(0, 0.02, length)
    if shape == "constant":
        steps[:] = 0
    if shape == "only up":
        steps = np.abs(steps) + 1e-4
    if shape == "steps":
        steps[rng.random(length) < 0.7] = 0
    if shape == "flat run":
        steps[length // 4 : -length // 8] = 0
    close = scale * np.exp(np.cumsum(steps))
    wick = np.abs(rng.normal(0, 0.01, (2, length))) * (shape not in ("constant", "flat run"))
    one = {
        "high": close * (1 + wick[0]),
        "low": close * (1 - wick[1]),
        "close": close,
        "volume": rng.integers(1, 10_000, length).astype(float),
    }
    if shape == "no volume":
        one["volume"][:] = 0
    return halted(one, rng.random(length) < 0.4) if shape == "halts" else one


def halted(one: Series, is_halted: np.ndarray) -> Series:
    """The same series with bars on which nothing is traded: the price before stays, open, high, low and close alike."""
    last_traded = np.maximum.accumulate(np.where(is_halted, 0, np.arange(len(is_halted))))
    close = one["close"][last_traded]
    return {
        "high": np.where(is_halted, close, np.maximum(one["high"], close)),
        "low": np.where(is_halted, close, np.minimum(one["low"], close)),
        "close": close,
        "volume": np.where(is_halted, 0.0, one["volume"]),
    }


def computed(*series: Series) -> list[Series]:
    """daily_metrics of coins with these series, one dict of arrays each, NaN for NULL."""
    lake = Lake()
    lake.publish()
    lake.instruments({f"COIN{at}": "crypto" for at in range(len(series))})
    for at, one in enumerate(series):
        days = [START + timedelta(days=day) for day in range(len(one["close"]))]
        lake.bars(f"COIN{at}", days, one["close"], kind="crypto", source="binance", **_wicks(one))
    lake.build("indicators.metrics")
    frame = lake.con.execute("select * from indicators.metrics order by symbol, opened_at").df()
    return [
        {
            name: group[name].to_numpy(dtype=float, na_value=np.nan)
            for name in group
            if name not in ("symbol", "interval", "kind", "opened_at", "trade_date", "previous_date", "known_at")
        }
        for _, group in frame.groupby("symbol")
    ]


def _wicks(one: Series) -> dict[str, Any]:
    return {name: one[name] for name in ("high", "low", "volume")}


def expected(one: Series) -> Series:
    """The same by TA-Lib."""
    high, low, close, volume = (one[name] for name in ("high", "low", "close", "volume"))
    macd, signal, histogram = talib.MACD(close, 12, 26, 9)
    upper, middle, lower = talib.BBANDS(close, 20, 2, 2)
    return {
        "rsi14": talib.RSI(close, 14),
        "macd": macd,
        "macd_signal": signal,
        "macd_histogram": histogram,
        "bollinger_upper": upper,
        "bollinger_middle": middle,
        "bollinger_lower": lower,
        "atr14": talib.ATR(high, low, close, 14),
        "obv": talib.OBV(close, volume),
        "mfi14": talib.MFI(high, low, close, volume, 14),
        "ma7": talib.SMA(close, 7),
        "ma30": talib.SMA(close, 30),
    }


def assert_as_talib(one: Series, ours: Series) -> None:
    """Equal to 1e-9 of the price (of 100, of the volume), and NULL exactly where TA-Lib has NaN."""
    for name, theirs in expected(one).items():
        unit = {"rsi14": 100.0, "mfi14": 100.0, "obv": one["volume"].sum()}.get(name, one["close"].max())
        np.testing.assert_array_equal(np.isnan(ours[name]), np.isnan(theirs), err_msg=name)
        np.testing.assert_allclose(ours[name], theirs, rtol=0, atol=1e-9 * unit, err_msg=name)


SHAPES = ["walk", "constant", "only up", "steps", "flat run", "halts", "no volume"]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    shape=st.sampled_from(SHAPES),
    length=st.integers(1, 120),
    seed=st.integers(0, 2**32 - 1),
    scale=st.sampled_from([1.0, 100.0, 1e9, 1e-8]),
)
def test_indicators_are_those_of_talib(shape: str, length: int, seed: int, scale: float) -> None:
    """Any shape, any length up to 120 bars, prices from 1e-8 to 1e9."""
    one = made_up(shape, length, seed, scale)
    assert_as_talib(one, computed(one)[0])


@pytest.mark.parametrize("scale", [1.0, 1e9, 1e-8])
def test_indicators_are_those_of_talib_over_block_borders(scale: float) -> None:
    """Averages go on from block to block of 16 bars: 6,200 bars pass 387 borders."""
    one = made_up("walk", 6_200, 3, scale)
    assert_as_talib(one, computed(one)[0])


def test_indicators_keep_series_apart() -> None:
    """Three series in one relation are each as if alone."""
    series = [made_up("walk", length, seed, 100.0) for length, seed in ((300, 1), (20, 2), (34, 3))]
    for one, ours in zip(series, computed(*series), strict=True):
        assert_as_talib(one, ours)


def test_rsi_is_carried_through_a_flat_run_of_5000_bars() -> None:
    """The averages fade below double precision; the strength they stand for does not change."""
    one = made_up("walk", 5_200, 5, 100.0)
    one["close"][100:5_100] = one["close"][99]
    one["high"] = np.maximum(one["high"], one["close"])
    one["low"] = np.minimum(one["low"], one["close"])
    ours = computed(one)[0]["rsi14"]
    np.testing.assert_allclose(ours, talib.RSI(one["close"], 14), rtol=0, atol=1e-7)
    assert ours[5_099] == ours[99]


@pytest.mark.parametrize("scale", [1.0, 1e9, 1e-8])
def test_every_indicator_is_talibs_through_a_halt_of_5000_bars(scale: float) -> None:
    """Nothing traded over more than two blocks of 2,048 bars: through it, and when the price moves again."""
    walk = made_up("walk", 5_400, 6, scale)
    is_halted = (np.arange(5_400) >= 150) & (np.arange(5_400) < 5_150)
    one = halted(walk, is_halted)
    assert_as_talib(one, computed(one)[0])
