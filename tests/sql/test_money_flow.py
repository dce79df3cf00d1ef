"""Money flow against numpy and pandas: bulk volume classification, windows, intensity, matching."""

from datetime import date, timedelta
from math import erf, sqrt

import numpy as np
import pandas as pd
import pytest

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


def expected_flows(lake: Lake) -> pd.DataFrame:
    """turnover, multiplier and net by symbol and day, computed with pandas."""
    bars = table(lake, "select * from marts.daily_prices", "symbol", "trade_date")
    returns = log_returns(lake)
    cash = returns["BIL"].fillna(0).cumsum()
    parts = []
    for symbol, own in returns.items():
        index = cash.reindex(own.index, method="ffill")
        x = (own - index.diff()).dropna()
        s = x.rolling(60).std().shift(1)
        multiplier = (x / s).map(lambda v: erf(v / sqrt(2)))
        multiplier = multiplier.reindex(own.index) if symbol != "BIL" else pd.Series(0.0, own.index)
        one = bars.loc[symbol]
        turnover = one["quote_volume"].fillna(one["volume"] * (one["high"] + one["low"] + one["close"]) / 3)
        parts.append(pd.DataFrame({"turnover": turnover, "multiplier": multiplier, "net": multiplier * turnover}))
    return pd.concat(parts, keys=returns.keys())


def test_flow_is_bulk_volume_of_return_over_cash(built_market: Lake) -> None:
    """x over the 60 x before, through the normal distribution, for equities and coins alike."""
    ours = table(built_market, "select * from marts.money_flow_daily", "symbol", "trade_date")
    theirs = expected_flows(built_market)
    np.testing.assert_allclose(ours["turnover_usd"], theirs["turnover"], rtol=1e-12)
    np.testing.assert_allclose(ours["flow_multiplier"], theirs["multiplier"], atol=4e-7)
    np.testing.assert_allclose(ours["net_flow_usd"], theirs["net"], atol=4e-7 * theirs["turnover"].max())
    assert ours["flow_multiplier"].loc["SPY"].notna().sum() == 400 - 61


def test_takers_stand_beside_and_only_for_binance(built_market: Lake) -> None:
    """(2 * taker buy quote - quote volume) / quote volume; equities have none."""
    bars = table(built_market, "select * from marts.daily_prices", "symbol", "trade_date")
    ours = table(built_market, "select * from marts.money_flow_daily", "symbol", "trade_date")["taker_imbalance"]
    expected = 2 * bars["taker_buy_quote_volume"] / bars["quote_volume"] - 1
    np.testing.assert_allclose(ours, expected.reindex(ours.index), atol=1e-12)
    assert ours.loc["SPY"].isna().all()


def test_stand_ins_crypto_day_has_no_flow_but_a_return(market: Lake) -> None:
    """Its volume is not Binance's: turnover, flow and takers are NULL, the windows with it too."""
    market.con.execute("update lake.bars set source = 'yahoo' where symbol = 'BTCUSDT' and opened_at = '2025-10-29'")
    market.build()
    (day,) = market.rows("select * from money_flow_daily where symbol = 'BTCUSDT' and trade_date = '2025-10-29'")
    assert (day["turnover_usd"], day["net_flow_usd"], day["taker_imbalance"]) == (None, None, None)
    assert day["flow_multiplier"] is not None
    nodes = {row["window"]: row for row in market.rows("select * from asset_nodes where node = 'Crypto'")}
    assert nodes["1D"]["net_flow_usd"] is not None
    assert nodes["1W"]["net_flow_usd"] is None
    assert nodes["1W"]["return_pct"] is not None
    assert market.rows("select * from asset_flows where \"window\" = '1W'") == []


def test_day_without_cash_has_no_flow_and_later_days_go_on(market: Lake) -> None:
    """Nothing is filled in; the 60 x before are the 60 there are."""
    market.con.execute("delete from lake.bars where symbol = 'BIL' and opened_at = '2025-10-28 14:30'")
    market.build("marts.money_flow_daily")
    days = "select net_flow_usd is null from money_flow_daily where symbol = 'SPY' and trade_date >= '2025-10-27'"
    assert [next(iter(row.values())) for row in market.rows(f"{days} order by trade_date")] == [
        False,
        True,
        True,
        False,
        False,
    ]


def window_sums(lake: Lake) -> pd.DataFrame:
    """Sums over each window by symbol: equities over sessions, coins over the days after the n-th session before D."""
    daily = expected_flows(lake)
    sessions = weekdays(400)
    returns = log_returns(lake)
    rows = []
    for name, n in LENGTHS.items():
        after = pd.Timestamp(sessions[-n - 1])
        for symbol, own in returns.items():
            inside = daily.loc[symbol][lambda frame, after=after: frame.index > after]
            rows.append((symbol, name, inside["turnover"].sum(), inside["net"].sum(), own[own.index > after].sum()))
    frame = pd.DataFrame(rows, columns=["symbol", "window", "turnover", "net", "log_return"])
    return frame.set_index(["symbol", "window"]).sort_index()


def test_nodes_sum_up_their_first_symbols_window(built_market: Lake) -> None:
    """Turnover, net flow and return; crypto covers weekends after the n-th session before D."""
    expected = window_sums(built_market)
    for picture in ("region", "asset"):
        ours = table(built_market, f"select * from marts.{picture}_nodes", "symbol", "window")
        theirs = expected.loc[ours.index]
        np.testing.assert_allclose(ours["turnover_usd"], theirs["turnover"], rtol=1e-12)
        np.testing.assert_allclose(ours["net_flow_usd"], theirs["net"], atol=4e-7 * theirs["turnover"].max())
        np.testing.assert_allclose(ours["return_pct"], 100 * np.expm1(theirs["log_return"]), atol=1e-9)
        np.testing.assert_allclose(ours["net_flow_pct"], 100 * ours["net_flow_usd"] / ours["turnover_usd"])
        assert set(ours["anchor_date"].dt.date) == {ANCHOR}


def test_excess_sums_to_zero_and_is_matched_in_proportion(built_market: Lake) -> None:
    """Every giver's flows sum to -e, every taker's to e."""
    for picture in ("region", "asset"):
        nodes = table(built_market, f"select * from marts.{picture}_nodes", "window", "node")
        edges = built_market.con.execute(f"select * from marts.{picture}_flows").df()
        for name, one in nodes.groupby(level=0):
            share = one["net_flow_usd"].sum() / one["turnover_usd"].sum()
            excess = (one["net_flow_usd"] - share * one["turnover_usd"]).droplevel(0)
            np.testing.assert_allclose(one["excess_usd"].droplevel(0), excess, atol=1e-6)
            moved = edges[edges["window"] == name]
            taken = excess[excess > 0].sum()
            for row in moved.itertuples():
                assert row.flow_usd == pytest.approx(-excess[row.from_node] * excess[row.to_node] / taken, rel=1e-9)
            given = moved.groupby("from_node")["flow_usd"].sum()
            np.testing.assert_allclose(given, -excess[excess < 0].sort_index(), rtol=1e-9)


def test_intensity_ranks_among_a_nodes_own_windows(built_market: Lake) -> None:
    """cume_dist of |net_flow_pct| over all windows of that length; NULL when fewer than 5 lie apart."""
    daily = expected_flows(built_market).loc["SPY"]
    ours = table(built_market, "select * from marts.region_nodes where node = 'USA'", "window")["intensity"]
    for name, n in LENGTHS.items():
        share = (daily["net"].rolling(n).sum() / daily["turnover"].rolling(n).sum()).abs().dropna()
        apart = 1 + (len(share) - 1) // n if len(share) else 0
        expected = (share <= share.iloc[-1]).mean() if apart >= 5 else np.nan
        np.testing.assert_allclose(ours[name], expected, atol=3e-3)
    assert ours["1M"] > 0
    assert np.isnan(ours["1Y"])


def test_members_stand_beside_and_are_not_summed(built_market: Lake) -> None:
    """QQQ has its own figures; the node is SPY alone."""
    members = table(built_market, "select * from marts.node_members where node = 'USA'", "symbol", "window")
    node = table(built_market, "select * from marts.region_nodes where node = 'USA'", "symbol", "window")
    assert list(members.index.get_level_values(0).unique()) == ["QQQ", "SPY"]
    assert members.loc["SPY"]["net_flow_usd"].to_dict() == node.loc["SPY"]["net_flow_usd"].to_dict()
    assert members.loc["QQQ"]["is_first"].sum() == 0


def test_missing_session_empties_the_windows_that_cover_it(market: Lake) -> None:
    """A sum over four of five sessions is not a week's."""
    market.con.execute("delete from lake.bars where symbol = 'FXI' and opened_at = '2025-10-29 14:30'")
    market.build()
    found = market.rows("select \"window\", net_flow_usd is null as gone from region_nodes where node = 'China'")
    assert {row["window"]: row["gone"] for row in found} == {
        "1D": False,
        "1W": True,
        "1M": True,
        "3M": True,
        "1Y": True,
    }
    assert {row["window"] for row in market.rows("select * from region_flows")} == {"1D"}
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
