"""Metrics without a TA-Lib counterpart against numpy, over walks, constants, halts, single rows, splits, any price."""

from datetime import timedelta

import numpy as np
import pandas as pd
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.sql import oracles
from tests.sql.conftest import Lake, weekdays
from tests.sql.test_indicators_against_talib import SHAPES, START, computed, made_up

SLOW = [HealthCheck.too_slow]
SCALES = [1e-8, 1e-3, 1.0, 100.0, 1e9]
SERIES = st.tuples(st.sampled_from(SHAPES), st.integers(1, 90), st.integers(0, 2**32 - 1), st.sampled_from(SCALES))


def assert_as_defined(one: dict[str, np.ndarray], ours: dict[str, np.ndarray]) -> None:
    """Equal to 1e-9 of the price, or of the largest return; NULL exactly where the definition gives nothing."""
    expected = oracles.metrics(pd.DataFrame(one), 365)
    returns = max(1.0, float(np.nanmax(np.abs(expected["return_pct"]), initial=1.0)))
    for name, theirs in expected.items():
        unit = one["close"].max() if name in ("high20", "low20", "resistance", "support") else returns
        unit = 1.0 if name == "cmf20" else unit * 20 if name == "volatility20_pct" else unit
        np.testing.assert_array_equal(np.isnan(ours[name]), np.isnan(theirs), err_msg=name)
        np.testing.assert_allclose(ours[name], theirs, rtol=1e-9, atol=1e-9 * unit, err_msg=name)


@settings(max_examples=20, deadline=None, suppress_health_check=SLOW)
@given(made=st.lists(SERIES, min_size=1, max_size=6))
def test_metrics_are_as_defined(made: list[tuple[str, int, int, float]]) -> None:
    """Several series at once, each as if alone."""
    series = [made_up(*one) for one in made]
    for one, ours in zip(series, computed(*series), strict=True):
        assert_as_defined(one, ours)


@settings(max_examples=10, deadline=None, suppress_health_check=SLOW)
@given(
    seed=st.integers(0, 2**32 - 1),
    length=st.integers(2, 80),
    splits=st.dictionaries(st.integers(1, 79), st.sampled_from([2.0, 4.0, 10.0, 0.1, 1.5]), max_size=3),
)
def test_a_split_changes_no_metric(seed: int, length: int, splits: dict[int, float]) -> None:
    """Prices as traded with their splits are, metric for metric, the same shares' prices without."""
    one, days = made_up("walk", length, seed, 100.0), weekdays(length)
    shares = np.ones(length)  # today's shares for one of that day
    for at, factor in splits.items():
        shares[:at] *= factor if at < length else 1.0
    lake = Lake()
    lake.publish()
    lake.calendar(days)
    lake.instruments({"RAW": "equity", "WHOLE": "equity"})
    raw = {name: one[name] * shares for name in ("high", "low")} | {"volume": one["volume"] / shares}
    lake.bars("RAW", days, one["close"] * shares, open=one["close"] * shares, adjustment="raw", **raw)
    lake.bars("WHOLE", days, one["close"], **{name: one[name] for name in ("high", "low", "volume")})
    for at, factor in splits.items():
        if at < length:
            lake.act("RAW", days[at], "split", factor)
    lake.build("indicators.metrics")
    found = lake.con.execute("select * from indicators.metrics order by symbol, opened_at").df()
    figures = found.select_dtypes("number").columns
    ours, theirs = (
        found[found["symbol"] == name][figures].to_numpy(float, na_value=np.nan) for name in ("RAW", "WHOLE")
    )
    np.testing.assert_allclose(ours, theirs, rtol=1e-8, atol=1e-8)


@settings(max_examples=10, deadline=None, suppress_health_check=SLOW)
@given(seed=st.integers(0, 2**32 - 1), missing=st.sets(st.integers(0, 59), max_size=30))
def test_bars_that_are_missing_are_not_made_up(seed: int, missing: set[int]) -> None:
    """Metrics are over the bars that there are: a day without a bar has no row, the next return spans it."""
    one = made_up("walk", 60, seed, 100.0)
    there = [at for at in range(60) if at not in missing]
    lake = Lake()
    lake.publish()
    lake.instruments({"COIN": "crypto"})
    left = {name: values[there] for name, values in one.items()}
    days = [START + timedelta(days=at) for at in there]
    more = {name: left[name] for name in ("high", "low", "volume")}
    lake.bars("COIN", days, left["close"], kind="crypto", source="binance", **more)
    lake.build("indicators.metrics")
    frame = lake.con.execute("select * from indicators.metrics order by opened_at").df()
    assert frame["trade_date"].dt.date.tolist() == days
    ours = {
        name: frame[name].to_numpy(dtype=float, na_value=np.nan) for name in oracles.metrics(pd.DataFrame(left), 365)
    }
    assert_as_defined(left, ours)
