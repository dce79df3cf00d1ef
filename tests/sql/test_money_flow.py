"""Buying pressure against numpy and pandas: bulk volume classification, and its windows weighted by turnover."""

from datetime import date, timedelta
from math import erf, sqrt

import numpy as np
import pandas as pd

from tests.sql.conftest import Lake, weekdays

ANCHOR = date(2025, 10, 31)
LENGTHS = {"1D": 1, "1W": 5, "1M": 21, "3M": 63, "1Y": 252}


def table(lake: Lake, sql: str, *index: str) -> pd.DataFrame:
    """A query as a frame with its dates as timestamps."""
    return lake.con.execute(sql).df().set_index(list(index)).sort_index()


def log_returns(lake: Lake) -> dict[str, pd.Series]:
    """Log returns by symbol from the prices alone."""
    prices = table(lake, "select symbol, trade_date, close from marts.daily_prices", "symbol", "trade_date")["close"]
    return {str(symbol): np.log(one.droplevel(0)).diff() for symbol, one in prices.groupby(level=0)}


def expected_pressure(lake: Lake) -> pd.DataFrame:
    """turnover and pressure by symbol and day, computed with pandas; cash has no pressure."""
    bars = table(lake, "select * from marts.daily_prices", "symbol", "trade_date")
    returns = log_returns(lake)
    cash = returns["BIL"].fillna(0).cumsum()
    parts = []
    for symbol, own in returns.items():
        index = cash.reindex(own.index, method="ffill")
        x = (own - index.diff()).dropna()
        s = x.rolling(60).std().shift(1)
        pressure = (x / s).map(lambda v: 100 * erf(v / sqrt(2))).reindex(own.index)
        one = bars.loc[symbol]
        turnover = one["quote_volume"].fillna(one["volume"] * (one["high"] + one["low"] + one["close"]) / 3)
        parts.append(pd.DataFrame({"turnover": turnover, "pressure": pressure if symbol != "BIL" else np.nan}))
    return pd.concat(parts, keys=returns.keys())


def test_pressure_is_bulk_volume_of_return_over_cash(built_market: Lake) -> None:
    """100 * (2 * Phi(x / s) - 1), s of the 60 x before, for equities and coins alike; NULL, not 0, for cash."""
    ours = table(built_market, "select * from marts.money_flow_daily", "symbol", "trade_date")
    theirs = expected_pressure(built_market)
    np.testing.assert_allclose(ours["turnover_usd"], theirs["turnover"], rtol=1e-12)
    np.testing.assert_allclose(ours["pressure_pct"], theirs["pressure"], atol=4e-5)
    assert ours["pressure_pct"].loc["SPY"].notna().sum() == 400 - 61
    assert ours["pressure_pct"].loc["BIL"].isna().all()


def test_takers_stand_beside_and_only_for_binance(built_market: Lake) -> None:
    """(2 * taker buy quote - quote volume) / quote volume; equities have none."""
    bars = table(built_market, "select * from marts.daily_prices", "symbol", "trade_date")
    ours = table(built_market, "select * from marts.money_flow_daily", "symbol", "trade_date")["taker_imbalance"]
    expected = 2 * bars["taker_buy_quote_volume"] / bars["quote_volume"] - 1
    np.testing.assert_allclose(ours, expected.reindex(ours.index), atol=1e-12)
    assert ours.loc["SPY"].isna().all()


def test_a_stand_ins_crypto_day_weighs_nothing_and_empties_its_windows(market: Lake) -> None:
    """Its volume is not Binance's: turnover and takers are NULL, and no mean is weighted by what is not there."""
    market.con.execute("update lake.bars set source = 'yahoo' where symbol = 'BTCUSDT' and opened_at = '2025-10-29'")
    market.build()
    (day,) = market.rows("select * from money_flow_daily where symbol = 'BTCUSDT' and trade_date = '2025-10-29'")
    assert (day["turnover_usd"], day["taker_imbalance"]) == (None, None)
    assert day["pressure_pct"] is not None
    nodes = {row["window"]: row for row in market.rows("select * from asset_nodes where node = 'Crypto'")}
    assert nodes["1D"]["pressure_pct"] is not None
    assert nodes["1W"]["pressure_pct"] is None
    assert nodes["1W"]["return_pct"] is not None


def test_day_without_cash_has_no_pressure_and_later_days_go_on(market: Lake) -> None:
    """Nothing is filled in; the 60 x before are the 60 there are."""
    market.con.execute("delete from lake.bars where symbol = 'BIL' and opened_at = '2025-10-28 14:30'")
    market.build("marts.money_flow_daily")
    days = "select pressure_pct is null from money_flow_daily where symbol = 'SPY' and trade_date >= '2025-10-27'"
    assert [next(iter(row.values())) for row in market.rows(f"{days} order by trade_date")] == [
        False,
        True,
        True,
        False,
        False,
    ]


def windows(lake: Lake) -> pd.DataFrame:
    """Each symbol's windows: equities over sessions, coins over the days after the n-th session before D."""
    daily = expected_pressure(lake)
    sessions = weekdays(400)
    returns = log_returns(lake)
    rows = []
    for name, n in LENGTHS.items():
        after = pd.Timestamp(sessions[-n - 1])
        for symbol, own in returns.items():
            inside = daily.loc[symbol][lambda frame, after=after: frame.index > after]
            pressure = (inside["pressure"] * inside["turnover"]).sum(skipna=False) / inside["turnover"].sum()
            rows.append((symbol, name, inside["turnover"].sum(), pressure, own[own.index > after].sum()))
    frame = pd.DataFrame(rows, columns=["symbol", "window", "turnover", "pressure", "log_return"])
    return frame.set_index(["symbol", "window"]).sort_index()


def test_nodes_have_their_first_symbols_window(built_market: Lake) -> None:
    """Turnover, pressure weighted by it and return; crypto covers weekends after the n-th session before D."""
    expected = windows(built_market)
    for picture in ("region", "asset"):
        ours = table(built_market, f"select * from marts.{picture}_nodes", "symbol", "window")
        theirs = expected.loc[ours.index]
        np.testing.assert_allclose(ours["turnover_usd"], theirs["turnover"], rtol=1e-12)
        np.testing.assert_allclose(ours["pressure_pct"], theirs["pressure"], atol=4e-5)
        np.testing.assert_allclose(ours["return_pct"], 100 * np.expm1(theirs["log_return"]), atol=1e-9)
        assert set(ours["anchor_date"].dt.date) == {ANCHOR}
    assert ours.loc["BIL"]["pressure_pct"].isna().all()
    assert ours.loc["BIL"]["turnover_usd"].notna().all()


def test_members_stand_beside_and_are_not_summed(built_market: Lake) -> None:
    """QQQ has its own figures; the node is SPY alone."""
    members = table(built_market, "select * from marts.node_members where node = 'USA'", "symbol", "window")
    node = table(built_market, "select * from marts.region_nodes where node = 'USA'", "symbol", "window")
    assert list(members.index.get_level_values(0).unique()) == ["QQQ", "SPY"]
    assert members.loc["SPY"]["pressure_pct"].to_dict() == node.loc["SPY"]["pressure_pct"].to_dict()
    assert members.loc["QQQ"]["is_first"].sum() == 0


def test_missing_session_empties_the_windows_that_cover_it(market: Lake) -> None:
    """A mean over four of five sessions is not a week's; the other nodes keep theirs."""
    market.con.execute("delete from lake.bars where symbol = 'FXI' and opened_at = '2025-10-29 14:30'")
    market.build()
    found = market.rows("select \"window\", pressure_pct is null as gone from region_nodes where node = 'China'")
    assert {row["window"]: row["gone"] for row in found} == {
        "1D": False,
        "1W": True,
        "1M": True,
        "3M": True,
        "1Y": True,
    }
    assert market.rows("select node from region_nodes where pressure_pct is null and node <> 'China'") == []
    assert market.failures()["gaps__are_closed"].rows == 1


def test_anchor_is_the_last_final_session_with_bars(market: Lake) -> None:
    """Before 60 minutes after the close, or with too few of the nodes' bars, D is the session before."""
    market.con.execute("update lake.bars set fetched_at = opened_at + interval 8 hour")
    market.publish(pd.Timestamp("2025-10-31 21:59", tz="UTC").to_pydatetime())
    anchor = "select anchor_date, next_date from sessions_anchor"
    assert market.build("marts.sessions_anchor").rows(anchor) == [
        {"anchor_date": ANCHOR - timedelta(days=1), "next_date": ANCHOR}
    ]
    market.publish()
    assert market.build("marts.sessions_anchor").rows(anchor)[0]["anchor_date"] == ANCHOR
    market.con.execute("delete from lake.bars where opened_at = '2025-10-31 14:30' and symbol not in ('SPY', 'QQQ')")
    assert market.build("marts.sessions_anchor").rows(anchor)[0]["anchor_date"] == ANCHOR - timedelta(days=1)


def test_empty_lake_builds_to_empty_marts(lake: Lake) -> None:
    """The first run of all: no rows, no errors, no failed grain."""
    lake.build()
    assert lake.rows("select * from region_nodes") == []
    assert [name for name, result in lake.failures().items() if result.severity == "blocking"] == []
