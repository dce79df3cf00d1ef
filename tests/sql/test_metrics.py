"""Metrics that TA-Lib lacks, against pandas: returns, volatilities, Chaikin money flow, ranges; days and hours."""

from datetime import datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from tests.sql.conftest import Lake, weekdays


def bars(length: int, seed: int = 2) -> pd.DataFrame:
    """Prices around 100 with some bars whose high is their low, and volumes."""
    rng = np.random.default_rng(seed)
    close = 100 * np.exp(np.cumsum(rng.normal(0, 0.02, length)))
    wick = np.abs(rng.normal(0, 0.01, (2, length))) * (rng.random(length) < 0.9)
    volume = rng.integers(1, 900, length).astype(float)
    return pd.DataFrame({"close": close, "high": close * (1 + wick[0]), "low": close * (1 - wick[1]), "volume": volume})


def pandas_metrics(one: pd.DataFrame, periods: float | None) -> dict[str, pd.Series]:
    """The definitions of the product page, by pandas."""
    close, high, low, volume = one["close"], one["high"], one["low"], one["volume"]
    span = high - low
    multiplier = (((close - low) - (high - close)) / span.where(span > 0)).fillna(0)
    log_return = np.log(close).diff()
    deviation = log_return.rolling(20).std()
    return {
        "return_pct": 100 * close.pct_change(),
        "total_return_pct": 100 * close.pct_change(),
        "ma7": close.rolling(7).mean(),
        "ma30": close.rolling(30).mean(),
        "cmf20": (multiplier * volume).rolling(20).sum() / volume.rolling(20).sum(),
        "vol7": (100 * close.pct_change()).rolling(7).std(),
        "volatility20_pct": deviation * 100 * np.sqrt(periods) if periods else deviation * np.nan,
        "high20": high.rolling(20).max(),
        "low20": low.rolling(20).min(),
        "resistance": high.rolling(20).max().shift(1),
        "support": low.rolling(20).min().shift(1),
    }


def assert_as_pandas(ours: pd.DataFrame, theirs: dict[str, pd.Series]) -> None:
    """Equal, and NULL exactly where the window is not full."""
    for name, expected in theirs.items():
        np.testing.assert_allclose(ours[name].astype(float), expected, rtol=1e-9, atol=1e-9, err_msg=name)


@pytest.mark.parametrize(("kind", "periods"), [("equity", 252), ("crypto", 365)])
def test_daily_metrics_are_as_defined(lake: Lake, kind: str, periods: int) -> None:
    """Equities annualise with 252 sessions, coins with 365 days."""
    days = weekdays(80)
    lake.calendar(days)
    lake.instruments({"X": kind})
    one = bars(80)
    lake.bars(
        "X", days, one["close"].to_list(), kind=kind, **{name: one[name].to_numpy() for name in one if name != "close"}
    )
    lake.build("marts.daily_metrics")
    ours = lake.con.execute("select * from marts.daily_metrics order by trade_date").df()
    assert_as_pandas(ours, pandas_metrics(one, periods))


@pytest.mark.parametrize(("kind", "periods"), [("equity", None), ("crypto", 8760)])
def test_hourly_metrics_are_as_defined(lake: Lake, kind: str, periods: float | None) -> None:
    """Coins annualise with 8,760 hours; equities have no hourly volatility."""
    start = datetime(2025, 10, 1)  # noqa: DTZ001 - the lake's own form
    opened = [start + timedelta(hours=hour) for hour in range(60)]
    lake.calendar(weekdays(3))
    lake.instruments({"X": kind})
    one = bars(60)
    columns = {name: one[name].to_numpy() for name in one if name != "close"}
    lake.bars("X", [], one["close"].to_list(), interval="1h", opened_at=opened, **columns)
    lake.build("marts.hourly_metrics")
    ours = lake.con.execute("select * from marts.hourly_metrics order by opened_at").df()
    assert_as_pandas(ours, pandas_metrics(one, periods))


def test_metrics_are_known_when_their_youngest_input_is(lake: Lake) -> None:
    """A bar that was fetched late makes all averages after it late."""
    days = weekdays(3)
    lake.calendar(days)
    lake.instruments({"SPY": "equity"})
    late, early = datetime(2025, 10, 31, 23), datetime(2025, 10, 31, 22)  # noqa: DTZ001 - the lake's own form
    lake.bars("SPY", days, [100, 101, 102], fetched_at=[early, late, early])
    lake.build("marts.daily_metrics", "marts.daily_prices")
    assert [row["known_at"] for row in lake.rows("from daily_metrics order by trade_date")] == [early, late, late]
    assert [row["known_at"] for row in lake.rows("from daily_prices order by trade_date")] == [early, late, early]


def test_zero_volume_gives_null_and_not_nan(lake: Lake) -> None:
    """20 sessions without volume: Chaikin money flow has no answer, money flow index is 0 as TA-Lib's."""
    days = weekdays(30)
    lake.calendar(days)
    lake.instruments({"SPY": "equity"})
    lake.bars("SPY", days, [float(100 + at % 3) for at in range(30)], volume=0.0)
    last = "select cmf20, mfi14, obv, vol7 from daily_metrics order by trade_date desc limit 1"
    (row,) = lake.build("marts.daily_metrics").rows(last)
    assert (row["cmf20"], row["mfi14"], row["obv"]) == (None, 0, 0)
    assert row["vol7"] > 0


def test_every_indicator_file_is_listed_with_unit_and_definition(lake: Lake) -> None:
    """One row for each SQL file of sql/indicators."""
    rows = lake.build("marts.indicators").rows("select * from indicators")
    assert {"rsi", "macd", "bollinger", "atr", "obv", "mfi", "cmf"} <= {row["name"] for row in rows}
    assert all(row["unit"] and row["definition"].endswith(".") for row in rows)
    assert all(row["file"] == f"indicators/{row['name']}.sql" for row in rows)
