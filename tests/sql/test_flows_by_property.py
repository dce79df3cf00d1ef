"""Pressure, correlations, internals and liquidity against numpy and pandas, over random markets with holes."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.sql import oracles
from tests.sql.conftest import Lake, weekdays
from tests.sql.test_indicators_against_talib import made_up

SLOW = [HealthCheck.too_slow]
LENGTHS = {"1D": 1, "1W": 5, "1M": 21, "3M": 63, "1Y": 252}
NODES = {"A": "Alpha", "B": "Beta", "C": "Gamma"}
SHAPES = st.sampled_from(["walk", "constant", "only up", "halts", "no volume", "steps"])


def market(length: int, shapes: list[str], seed: int, scale: float, holes: set[int], *names: str) -> Lake:
    """Three equities and cash over as many sessions, those of C with holes; models built."""
    days = weekdays(length)
    lake = Lake()
    lake.publish()
    lake.calendar(days)
    lake.instruments(dict.fromkeys([*NODES, "BIL"], "equity"), watchlist=["A", "B", "C"])
    lake.nodes("region", {node: [symbol] for symbol, node in NODES.items()})
    lake.nodes("asset", {"Cash": ["BIL"]})
    for at, (symbol, shape) in enumerate(zip([*NODES, "BIL"], [*shapes, "steps"], strict=True)):
        one = made_up(shape, length, seed + at, scale)
        there = [place for place in range(length) if symbol != "C" or place not in holes or place == length - 1]
        more = {name: one[name][there] for name in ("high", "low", "volume")}
        lake.bars(symbol, [days[place] for place in there], one["close"][there], **more)
    return lake.build(*names)


def table(lake: Lake, sql: str, *index: str) -> pd.DataFrame:
    """A query as a frame."""
    return lake.con.execute(sql).df().set_index(list(index)).sort_index()


def series_of(lake: Lake) -> dict[str, pd.DataFrame]:
    """Each symbol's bars by day, with log returns between the bars that there are."""
    bars = table(lake, "select * from marts.daily_prices", "symbol", "trade_date")
    found = {str(symbol): one.droplevel(0).copy() for symbol, one in bars.groupby(level=0)}
    for one in found.values():
        one["log_return"] = np.log(one["close"]).diff()
    return found


MARKETS = {
    "length": st.integers(1, 330),
    "shapes": st.lists(SHAPES, min_size=3, max_size=3),
    "seed": st.integers(0, 2**32 - 10),
    "scale": st.sampled_from([1e-8, 1.0, 1e9]),
    "holes": st.sets(st.integers(0, 329), max_size=40),
}


@settings(max_examples=8, deadline=None, suppress_health_check=SLOW)
@given(**MARKETS)
def test_daily_pressure_is_as_defined(length: int, shapes: list[str], seed: int, scale: float, holes: set[int]) -> None:
    """x over cash, the 60 before it, the normal distribution; NULL without them; turnover by the typical price."""
    lake = market(length, shapes, seed, scale, holes, "marts.money_flow_daily", "marts.daily_prices")
    ours = table(lake, "select * from marts.money_flow_daily", "symbol", "trade_date")
    cash = series_of(lake)["BIL"]["log_return"].fillna(0).cumsum()
    for symbol, one in series_of(lake).items():
        excess = (one["log_return"] - cash.reindex(one.index).diff()).dropna()
        share = pd.Series(oracles.pressure(excess.to_numpy()), excess.index).reindex(one.index)
        if symbol == "BIL":
            share[:] = np.nan
        turnover = one["volume"] * (one["high"] + one["low"] + one["close"]) / 3
        found = ours.loc[symbol]
        np.testing.assert_allclose(found["turnover_usd"], turnover, rtol=1e-12)
        # noise of the last bit decides where all of the 60 before are equal: no sign is to be had of it
        still = excess.rolling(60).std().shift(1).reindex(one.index) < 1e-12
        np.testing.assert_allclose(found["pressure_pct"][~still], share[~still], atol=1e-4)


@settings(max_examples=8, deadline=None, suppress_health_check=SLOW)
@given(**MARKETS)
def test_windows_are_as_defined(length: int, shapes: list[str], seed: int, scale: float, holes: set[int]) -> None:
    """A window's turnover is its days' sum and its pressure their mean weighted by turnover; NULL until it is full."""
    names = ("marts.money_flow_daily", "marts.region_nodes", "aggregates.windows")
    lake = market(length, shapes, seed, scale, holes, *names)
    days = weekdays(length)
    daily = table(lake, "select * from marts.money_flow_daily", "symbol", "trade_date")
    nodes = table(lake, "select * from marts.region_nodes", "window", "symbol")
    for name, n in LENGTHS.items():
        for symbol in NODES:
            own = daily.loc[symbol].reindex(pd.DatetimeIndex(days).astype(daily.index.levels[1].dtype))
            pressure, turnover = (own[column].to_numpy(float) for column in ("pressure_pct", "turnover_usd"))
            weighted, traded = (
                oracles.rolled(one, n, lambda w: w.sum(axis=1))[-1] for one in (pressure * turnover, turnover)
            )
            np.testing.assert_allclose(nodes.loc[(name, symbol)]["turnover_usd"], traded, rtol=1e-9)
            mean = weighted / traded if traded else np.nan
            np.testing.assert_allclose(nodes.loc[(name, symbol)]["pressure_pct"], mean, rtol=1e-9, atol=1e-9)


@settings(max_examples=6, deadline=None, suppress_health_check=SLOW)
@given(**MARKETS)
def test_correlations_and_internals_are_as_defined(
    length: int, shapes: list[str], seed: int, scale: float, holes: set[int]
) -> None:
    """r between consecutive common dates, NULL until full or where nothing moves; advances, declines, momentum."""
    lake = market(
        length, shapes, seed, scale, holes, "marts.correlations", "marts.market_internals", "marts.daily_prices"
    )
    found = series_of(lake)
    rows = lake.rows("select * from correlations where symbol_a < symbol_b")
    for row in rows:
        levels = [found[row[name]]["log_return"].fillna(0).cumsum() for name in ("symbol_a", "symbol_b")]
        pair = pd.concat(levels, axis=1, join="inner").diff().dropna().to_numpy()[-row["days"] :]
        assert row["n"] == len(pair)
        if len(pair) < row["days"] or (pair.std(axis=0) < 1e-12).any():
            assert row["r"] is None or (len(pair) == row["days"] and abs(row["r"]) <= 1 + 1e-9)
            continue
        np.testing.assert_allclose(row["r"], np.corrcoef(pair.T)[0, 1], atol=1e-9)
    internals = table(lake, "select * from marts.market_internals", "trade_date")
    for day, row in internals.iterrows():
        moves, above = [], []
        for symbol in NODES:
            close = found[symbol]["close"]
            if day in close.index and (place := close.index.get_loc(day)) > 0:
                moves.append(np.sign(close.iloc[place] - close.iloc[place - 1]))
                if place >= 29:
                    average = close.iloc[place - 29 : place + 1].to_numpy().mean()
                    above.append(
                        0.5 if abs(close.iloc[place] / average - 1) < 1e-12 else float(close.iloc[place] > average)
                    )
        ups, downs = moves.count(1), moves.count(-1)
        assert (row["advancers"], row["decliners"], row["unchanged"]) == (ups, downs, len(moves) - ups - downs)
        np.testing.assert_allclose(row["breadth"], (ups - downs) / len(moves))
        np.testing.assert_allclose(row["advance_decline_ratio"], ups / downs if downs else np.nan)
        if above and 0.5 not in above:
            np.testing.assert_allclose(row["momentum_score"], 2 * np.mean(above) - 1)


@settings(max_examples=15, deadline=None, suppress_health_check=SLOW)
@given(
    data=st.fixed_dictionaries(
        {
            name: st.dictionaries(st.integers(0, 40), st.floats(-1e6, 1e6, allow_nan=False), max_size=25)
            for name in ("WALCL", "WTREGEN", "WDTGAL", "RRPONTSYD")
        }
    )
)
def test_net_liquidity_is_as_defined(data: dict[str, dict[int, float]]) -> None:
    """Wednesdays of WALCL, the Treasury's account of that day, the last repo of at most 5 days before, in dollars."""
    lake, start, factors = Lake(), date(2025, 9, 1), {"WALCL": 1e6, "WTREGEN": 1e6, "WDTGAL": 1e6, "RRPONTSYD": 1e9}
    lake.publish()
    lake.insert("universe_series", [(name, "u", factor, False, True, "", 0) for name, factor in factors.items()])
    for name, values in data.items():
        lake.observe(name, {start + timedelta(days=at): value for at, value in values.items()})
    rows = lake.build("marts.net_liquidity").rows("select * from net_liquidity order by date")
    wednesdays = sorted(at for at in data["WALCL"] if (start + timedelta(days=at)).isoweekday() == 3)
    assert [row["date"] for row in rows] == [start + timedelta(days=at) for at in wednesdays]
    for row, at in zip(rows, wednesdays, strict=True):
        account = next((name for name in ("WDTGAL", "WTREGEN") if at in data[name]), None)
        before = [day for day in data["RRPONTSYD"] if day <= at]
        assert row["treasury_series"] == account
        if account is None or not before or at - max(before) > 5:
            assert row["net_liquidity_usd"] is None
            continue
        expected = (data["WALCL"][at] - data[account][at]) * 1e6 - data["RRPONTSYD"][max(before)] * 1e9
        np.testing.assert_allclose(row["net_liquidity_usd"], expected, rtol=1e-9, atol=1e3)
