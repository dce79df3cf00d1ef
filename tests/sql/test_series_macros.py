"""The macros sma, stdev, ema and wilder by themselves: NULLs, where an average starts, rows in whatever order."""

import duckdb
import numpy as np
import pytest
import talib

from tests.sql.conftest import SQL

N = 4_000  # more than two blocks of 128 * (n + 1) bars


@pytest.fixture(scope="module")
def con() -> duckdb.DuckDBPyConnection:
    """Two series in no order, of which one lacks a value at bar 50."""
    made = duckdb.connect()
    for name in ("numbers", "series"):
        made.execute((SQL / "macros" / f"{name}.sql").read_text())
    made.execute(
        f"create table bars as select symbol, '1d' as interval, timestamp '2010-01-01' + to_days(bar) as opened_at, "
        f"bar, case when symbol = 'A' or bar != 50 then 100 + 10 * sin(bar * 0.7) + bar % 13 end as x "
        f"from (values ('A'), ('B')) as symbols (symbol), (select unnest(range({N}))::int as bar) order by hash(bar)"
    )
    return made


def values(con: duckdb.DuckDBPyConnection, expression: str, symbol: str = "A") -> np.ndarray:
    """A figure of every bar of a series, NaN for NULL."""
    found = con.execute(f"select {expression} from bars where symbol = ? order by bar", [symbol]).fetchall()
    return np.array([row[0] for row in found], dtype=float)


def test_each_macro_is_talibs_average(con: duckdb.DuckDBPyConnection) -> None:
    """Over short and long windows, past the borders of blocks."""
    x = values(con, "x")
    for n in (2, 5, 30):
        np.testing.assert_allclose(values(con, f"sma(x, {n})"), talib.SMA(x, n), rtol=1e-12)
        np.testing.assert_allclose(values(con, f"stdev(x, {n})"), talib.STDDEV(x, n), rtol=1e-7)
        np.testing.assert_allclose(values(con, f"ema(x, {n})"), talib.EMA(x, n), rtol=1e-12)


def test_wilders_average_starts_with_the_mean_of_n_moves(con: duckdb.DuckDBPyConnection) -> None:
    """The first bar has no move: bar n is the first, and then each is (n - 1) parts of the one before and one new."""
    x, n = values(con, "x"), 14
    expected = np.full(N, np.nan)
    expected[n] = x[1 : n + 1].mean()
    for bar in range(n + 1, N):
        expected[bar] = ((n - 1) * expected[bar - 1] + x[bar]) / n
    np.testing.assert_allclose(values(con, f"wilder(x, {n})"), expected, rtol=1e-12)


def test_an_average_may_start_later(con: duckdb.DuckDBPyConnection) -> None:
    """`first` is the first bar that has one: the mean of the n values up to it."""
    ours = values(con, "ema(x, 12, 25)")
    assert np.isnan(ours[:25]).all()
    assert ours[25] == pytest.approx(values(con, "x")[14:26].mean(), rel=1e-12)


def test_a_missing_value_makes_averages_null_and_never_wrong(con: duckdb.DuckDBPyConnection) -> None:
    """A window is NULL while it holds the NULL; an average with a memory until what was before it counts nothing."""
    sma, ema = values(con, "sma(x, 5)", "B"), values(con, "ema(x, 5)", "B")
    assert np.isnan(sma[50:55]).all()
    assert not np.isnan(sma[55:]).any()
    assert np.isnan(ema[50:768]).all()
    np.testing.assert_allclose(ema[1536:], values(con, "ema(x, 5)")[1536:], rtol=1e-12)
