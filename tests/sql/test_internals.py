"""Correlations and market internals against numpy and pandas."""

import numpy as np
import pandas as pd
import pytest

from tests.sql.conftest import Lake
from tests.sql.test_money_flow import expected_pressure, log_returns

FIRST = ["BIL", "BTCUSDT", "EWJ", "FXI", "SPY", "TLT"]


def common_returns(lake: Lake, a: str, b: str) -> pd.DataFrame:
    """Log returns of two symbols between consecutive common dates."""
    levels = {symbol: own.fillna(0).cumsum() for symbol, own in log_returns(lake).items()}
    return pd.concat([levels[a], levels[b]], axis=1, join="inner", keys=["a", "b"]).diff().dropna()


def test_correlations_are_of_returns_between_common_dates(built_market: Lake) -> None:
    """A coin's weekend counts into Monday; n stands beside; the diagonal is 1."""
    rows = built_market.rows("select * from correlations")
    assert {row["symbol_a"] for row in rows} == {*FIRST, "QQQ"}
    assert len(rows) == 3 * 7 * 7
    for row in rows:
        if row["symbol_a"] == row["symbol_b"]:
            assert (row["r"], row["n"]) == (1, row["days"])
            continue
        pair = common_returns(built_market, row["symbol_a"], row["symbol_b"]).tail(row["days"])
        assert row["n"] == len(pair) == row["days"]
        assert row["r"] == pytest.approx(np.corrcoef(pair["a"], pair["b"])[0, 1], abs=1e-9)


def test_correlations_are_null_until_full_and_when_a_symbol_lags(market: Lake) -> None:
    """A symbol that has 99 returns has no r over 252; one that lacks D has none at all."""
    market.con.execute("delete from lake.bars where symbol = 'TLT' and opened_at < '2025-06-16'")
    market.con.execute("delete from lake.bars where symbol = 'EWJ' and opened_at > '2025-10-31'")
    market.build("marts.correlations")
    found = {(row["symbol_b"], row["days"]): row for row in market.rows("from correlations where symbol_a = 'SPY'")}
    assert found["TLT", 90]["r"] is not None
    assert (found["TLT", 252]["r"], found["TLT", 252]["n"]) == (None, 99)
    assert found["EWJ", 30]["r"] is None


def test_internals_count_and_sum_over_equities(built_market: Lake) -> None:
    """Breadth, pressure and momentum per session over the watchlist and the equity ETFs."""
    symbols = ["EWJ", "FXI", "QQQ", "SPY"]
    close = pd.DataFrame(
        {
            symbol: built_market.con.execute(
                "select trade_date, close from marts.daily_prices where symbol = ? order by 1", [symbol]
            )
            .df()
            .set_index("trade_date")["close"]
            for symbol in symbols
        }
    )
    moves = np.sign(close.diff())
    daily = expected_pressure(built_market).loc[symbols].dropna()
    sums = daily.assign(weighted=daily["pressure"] * daily["turnover"]).groupby(level=1).sum()
    average = close.rolling(30).mean()
    ours = built_market.con.execute("select * from marts.market_internals").df().set_index("trade_date")
    index = ours.index
    assert len(ours) == 399
    np.testing.assert_array_equal(ours["symbols"], 4)
    np.testing.assert_array_equal(ours["advancers"], (moves > 0).sum(axis=1)[index])
    np.testing.assert_allclose(ours["breadth"], moves.mean(axis=1)[index], atol=1e-12)
    ratio = (moves > 0).sum(axis=1) / (moves < 0).sum(axis=1).where(lambda count: count > 0)
    np.testing.assert_allclose(ours["advance_decline_ratio"], ratio[index])
    pressure = (sums["weighted"] / sums["turnover"]).reindex(index)
    np.testing.assert_allclose(ours["pressure_pct"], pressure, atol=1e-4)
    momentum = (2 * (close > average).mean(axis=1) - 1).where(average.notna().all(axis=1))
    np.testing.assert_allclose(ours["momentum_score"], momentum[index], atol=1e-12)
    bias = np.select(
        [
            momentum.isna()[index] | pressure.isna(),
            (ours["momentum_score"] > 0.2) & (pressure > 0) & (ours["breadth"] > 0),
            (ours["momentum_score"] < -0.2) & (pressure < 0) & (ours["breadth"] < 0),
        ],
        ["", "BULLISH", "BEARISH"],
        "MIXED",
    )
    assert ours["market_bias"].fillna("").tolist() == bias.tolist()
    assert set(bias) == {"", "BULLISH", "BEARISH", "MIXED"}


def test_correlation_strength_is_the_mean_over_all_pairs_of_nodes(built_market: Lake) -> None:
    """60 returns up to each session, |r| averaged over the 15 pairs of first symbols."""
    ours = built_market.con.execute("select * from marts.market_internals").df().set_index("trade_date")
    pairs = [(a, b) for a in FIRST for b in FIRST if a < b]
    rolled = {}
    for a, b in pairs:
        frame = common_returns(built_market, a, b)
        rolled[a, b] = frame["a"].rolling(60).corr(frame["b"]).abs()
    expected = pd.DataFrame(rolled).mean(axis=1, skipna=False).reindex(ours.index)
    np.testing.assert_allclose(ours["correlation_strength"], expected, atol=1e-9)
    assert expected.notna().sum() == 400 - 60


def test_vix_of_a_session_is_the_newest_up_to_it(market: Lake) -> None:
    """Published a day late, yesterday's value stands with its own date."""
    market.con.execute("delete from lake.observations where date = '2025-10-31'")
    market.build("marts.market_internals")
    (row,) = market.rows("select vix_date, volatility_regime from market_internals where trade_date = '2025-10-31'")
    assert str(row["vix_date"]) == "2025-10-30"
    assert row["volatility_regime"] in ("CALM", "NORMAL", "ELEVATED", "STRESSED")
