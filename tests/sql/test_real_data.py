"""Real prices and series of the shared folder: known figures, other people's indicator sheets."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import talib

from tests.sql.conftest import SQL, Lake

SHARED = Path(os.environ.get("MFO_SHARED", SQL.parent.parent / "shared")) / "data"
pytestmark = pytest.mark.skipif(not SHARED.is_dir(), reason="the shared folder (MFO_SHARED) is not here")


def sheet(name: str) -> pd.DataFrame:
    """One of ChartSchool's sheets."""
    return pd.read_csv(SHARED / "truth" / "stockcharts_ta" / f"cs-{name}.csv")


def metrics(frame: pd.DataFrame) -> pd.DataFrame:
    """Every indicator of one series; missing columns are the close, missing volumes 1."""
    lake = Lake()
    lake.publish()
    lake.instruments({"X": "crypto"})
    days = [day.date() for day in pd.date_range("2000-01-01", periods=len(frame))]
    close = frame["close"].to_numpy(dtype=float)
    more = {name: frame[name].to_numpy(dtype=float) if name in frame else close for name in ("high", "low")}
    volume = frame["volume"].to_numpy(dtype=float) if "volume" in frame else 1.0
    lake.bars("X", days, close, kind="crypto", source="binance", volume=volume, **more)
    lake.build("indicators.metrics")
    return lake.con.execute("select * from indicators.metrics order by opened_at").df()


def lower(frame: pd.DataFrame) -> pd.DataFrame:
    """Columns as ours are named."""
    return frame.rename(columns=lambda name: name.lower())


def test_bollinger_is_that_of_the_sheet() -> None:
    """20 closes, two population deviations; the sheet has six decimals."""
    theirs = sheet("bbands")
    ours = metrics(lower(theirs))
    for name, column in (("upper", "HighBand"), ("middle", "MiddleBand"), ("lower", "LowBand")):
        np.testing.assert_allclose(ours[f"bollinger_{name}"], theirs[column], atol=2e-6)


def test_mfi_is_that_of_the_sheet() -> None:
    """The sheet's typical prices and volumes are rounded to five decimals."""
    theirs = sheet("mfi")
    np.testing.assert_allclose(metrics(lower(theirs))["mfi14"], theirs["MFI"], atol=2e-3)


def test_obv_moves_as_the_sheet_does() -> None:
    """TA-Lib begins with the first bar's volume, the sheet with none: equal from there on."""
    theirs = sheet("obv").fillna({"Volume": 0.0})
    np.testing.assert_allclose(metrics(lower(theirs))["obv"][1:], theirs["OBV"][1:])


def test_macd_agrees_with_the_sheet_where_seeds_have_faded() -> None:
    """The sheet seeds its EMA with the first value: after 100 bars the difference is below a thousandth."""
    theirs = sheet("macd")
    ours = metrics(lower(theirs))
    for name, column in (("macd", "MACD_line"), ("macd_signal", "MACD_signal"), ("macd_histogram", "MACD_diff")):
        np.testing.assert_allclose(ours[name][100:], theirs[column][100:], atol=5e-3)


def test_indicators_of_twenty_years_of_spy_are_talibs() -> None:
    """5,241 real sessions: past two block borders."""
    frame = pd.read_csv(SHARED / "truth" / "pandas_ta" / "SPY_D.csv")
    ours = metrics(frame)
    high, low, close, volume = (frame[name].to_numpy(dtype=float) for name in ("high", "low", "close", "volume"))
    for name, theirs, unit in (
        ("rsi14", talib.RSI(close, 14), 100.0),
        ("macd_signal", talib.MACD(close, 12, 26, 9)[1], close.max()),
        ("bollinger_upper", talib.BBANDS(close, 20, 2, 2)[0], close.max()),
        ("atr14", talib.ATR(high, low, close, 14), close.max()),
        ("mfi14", talib.MFI(high, low, close, volume, 14), 100.0),
        ("obv", talib.OBV(close, volume), volume.sum()),
    ):
        np.testing.assert_allclose(ours[name], theirs, rtol=0, atol=1e-9 * unit, err_msg=name)


def test_known_figures_of_the_last_sessions(lake: Lake) -> None:
    """SPY closed at 682.06 on 2025-10-31; net liquidity of 2025-10-29 was 5.6 trillion dollars."""
    frame = pd.read_csv(SHARED / "equities" / "SPY.csv", parse_dates=["date"])
    days = [day.date() for day in frame["date"]]
    lake.calendar(days)
    lake.instruments({"SPY": "equity"})
    columns = {name: frame[name].to_numpy() for name in ("open", "high", "low", "adj_close", "volume")}
    lake.bars("SPY", days, frame["close"].to_numpy(), **columns)
    for at, (name, factor) in enumerate((("WALCL", 1e6), ("WTREGEN", 1e6), ("RRPONTSYD", 1e9))):
        lake.insert("universe_series", [(name, "USD", factor, False, True, "", at)])
        values = pd.read_csv(SHARED / "fred" / f"{name}.csv", na_values=".").tail(300)
        days = [pd.Timestamp(day).date() for day in values["date"]]
        lake.observe(
            name, dict(zip(days, values["value"].astype(object).where(values["value"].notna(), None), strict=True))
        )
    lake.build("marts.daily_prices", "marts.net_liquidity", "marts.daily_metrics")
    assert lake.rows("select close from daily_prices where trade_date = '2025-10-31'") == [{"close": 682.06}]
    (row,) = lake.rows("select * from net_liquidity where date = '2025-10-29'")
    assert row["net_liquidity_usd"] == pytest.approx(6_587_034e6 - 957_990e6 - 19.504e9)
    (day,) = lake.rows("select total_return_pct, return_pct from daily_metrics where trade_date = '2025-10-31'")
    assert day["return_pct"] == pytest.approx(0.328, abs=1e-3)
