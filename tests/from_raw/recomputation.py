"""All that is recomputed of one data folder, each part once, from its raw answers alone."""

import math
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from tests.from_raw import macro, minutes
from tests.from_raw.answers import RawLake
from tests.from_raw.daily import days_of, final_candles
from tests.from_raw.indicators import DAYS_OF_A_YEAR, SESSIONS_OF_A_YEAR, indicators
from tests.from_raw.markets import internals
from tests.from_raw.money_flow import money_flow, window_at
from tests.from_raw.universe import CASH, CRYPTO, PICTURES, SYMBOLS, WINDOWS

SESSIONS_SHOWN = 60
TRADED = ["turnover_usd", "pressure_pct", "taker_imbalance"]


class Recomputation:
    """The figures of a data folder as of an instant at which it had just asked for everything."""

    def __init__(self, lake: Path, as_of: str, is_demo: bool) -> None:
        self.lake, self.is_demo = RawLake(lake), is_demo
        self.as_of = pd.Timestamp(as_of).tz_convert("UTC").tz_localize(None)

    @cached_property
    def days(self) -> dict[str, pd.DataFrame]:
        """The final days of every symbol."""
        return {symbol: days_of(self.lake, symbol) for symbol in SYMBOLS}

    @cached_property
    def metrics(self) -> dict[str, pd.DataFrame]:
        """The indicators of every day of every symbol."""
        years = {symbol: DAYS_OF_A_YEAR if symbol in CRYPTO else SESSIONS_OF_A_YEAR for symbol in SYMBOLS}
        return {name: indicators(days, days["total_return"], years[name]) for name, days in self.days.items()}

    @cached_property
    def flow(self) -> dict[str, pd.DataFrame]:
        """Turnover, pressure and takers of every day of every symbol."""
        return {symbol: money_flow(days, self.days[CASH], symbol) for symbol, days in self.days.items()}

    @cached_property
    def sessions(self) -> pd.DatetimeIndex:
        """The final US sessions; the last is the anchor, D."""
        return self.days["SPY"].index

    @property
    def anchor(self) -> str:
        """D as text."""
        return self.sessions[-1].strftime("%Y-%m-%d")

    def table(self, symbol: str) -> pd.DataFrame:
        """A symbol's days with its metrics and pressure beside."""
        return self.days[symbol].join(self.metrics[symbol]).join(self.flow[symbol][TRADED])

    def picture(self, name: str, window: str) -> list[dict[str, Any]]:
        """The nodes of a picture, the highest pressure first, with the symbols beside."""
        nodes = [self._node(node, members, WINDOWS[window]) for node, members in PICTURES[name].items()]
        return sorted(nodes, key=lambda node: -math.inf if math.isnan(node["pressure_pct"]) else node["pressure_pct"])[
            ::-1
        ]

    def _node(self, node: str, members: tuple[str, ...], n: int) -> dict[str, Any]:
        return {
            "node": node,
            **self._window(members[0], n),
            "volatility_pct": self.metrics[members[0]].at[self.sessions[-1], "volatility20_pct"],
            "beside": [self._window(symbol, n) for symbol in sorted(members[1:])],
        }

    def _window(self, symbol: str, n: int) -> dict[str, Any]:
        return {"symbol": symbol, **window_at(self.days[symbol], self.flow[symbol], self.sessions, n)}

    @cached_property
    def series(self) -> dict[str, pd.Series]:
        """Every FRED series."""
        return macro.observations(self.lake)

    @cached_property
    def net_liquidity(self) -> list[dict[str, Any]]:
        """Net liquidity of every Wednesday."""
        return macro.net_liquidity(self.series)

    @cached_property
    def internals(self) -> list[dict[str, Any]]:
        """The internals of the last 60 sessions, the latest last."""
        shown = self.sessions[-SESSIONS_SHOWN:]
        return internals(self.days, self.metrics, self.flow, self.series["VIXCLS"], shown)

    @cached_property
    def minutes(self) -> dict[str, pd.DataFrame]:
        """The final minutes of every pair that has any."""
        found = {symbol: final_candles(self.lake, symbol, "1m") for symbol in CRYPTO}
        return {symbol: one for symbol, one in found.items() if len(one)}

    @cached_property
    def hours(self) -> dict[str, pd.DataFrame]:
        """The hours of every pair that are over, with the metrics of the complete ones beside."""
        made = {}
        for symbol, one in self.minutes.items():
            rolled = minutes.hours(one, self.as_of)
            whole = rolled[rolled["is_complete"]]
            made[symbol] = rolled.join(indicators(whole, whole["close"].pct_change(), DAYS_OF_A_YEAR))
        return made
