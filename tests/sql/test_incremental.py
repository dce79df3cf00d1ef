"""A load makes anew only what a change touches: the result is that of a build from nothing, to the last bit."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from etl.models import registry as building
from etl.models.registry import build
from tests.sql.conftest import SQL, Lake, all_models

FIRST, COINS, EQUITIES = date(2022, 11, 1), ("BTCUSDT", "ETHUSDT"), ("SPY", "FXI", "TLT", "BIL")
PLACES = st.floats(0, 1, allow_nan=False)


class History:
    """A lake that grows: days, revisions, late rows, splits and settings come one after the other."""

    def __init__(self, seed: int, days: int, file: str = ":memory:") -> None:
        self.lake, self.rng = Lake(duckdb.connect(file)), np.random.default_rng(seed)
        self.today = FIRST + timedelta(days=days)
        self.close = dict.fromkeys((*EQUITIES, *COINS), 100.0)
        self.lake.calendar([day.date() for day in pd.bdate_range(FIRST - timedelta(days=30), FIRST + timedelta(1500))])
        self.lake.instruments({**dict.fromkeys(EQUITIES, "equity"), **dict.fromkeys(COINS, "crypto")}, ["FXI"])
        self.lake.nodes("region", {"USA": ["SPY"], "China": ["FXI"]})
        self.lake.nodes("asset", {"Stocks": ["SPY"], "Bonds": ["TLT"], "Crypto": ["BTCUSDT"], "Cash": ["BIL"]})
        self.lake.chain("equity_daily", "alpha_vantage", "yahoo")
        self.lake.chain("crypto_1d", "binance", "yahoo")
        self.lake.chain("crypto_1m", "binance")
        self.add([FIRST + timedelta(days=day) for day in range(days)])
        self.build()

    @property
    def as_of(self) -> datetime:
        """Five hours into the day after the last one."""
        return datetime(self.today.year, self.today.month, self.today.day, 5, tzinfo=UTC)

    def add(self, days: list[date], **more: Any) -> None:
        """Bars of every symbol on these days, but for some that are missing; minutes of a coin on the last one."""
        for symbol in (*EQUITIES, *COINS):
            is_coin = symbol in COINS
            own = [day for day in days if (is_coin or day.weekday() < 5) and self.rng.random() > 0.01]
            if own:
                steps = self.rng.normal(0, 0.02, len(own)) * (self.rng.random(len(own)) > 0.1)
                close = self.close[symbol] * np.exp(np.cumsum(steps))
                self.close[symbol] = float(close[-1])
                self.put(symbol, own, close, **more)
        self.minutes(days[-1])

    def put(self, symbol: str, days: list[date], close: Any, **more: Any) -> None:
        """Bars of one answer, fetched just before the as-of instant."""
        wick = np.abs(self.rng.normal(0, 0.01, (2, len(days))))
        values: dict[str, Any] = {
            "high": close * (1 + wick[0]),
            "low": close * (1 - wick[1]),
            "volume": self.rng.uniform(0, 9_000, len(days)),
            "quote_volume": self.rng.uniform(1e5, 9e5, len(days)),
            "taker_buy_quote_volume": self.rng.uniform(0, 1e5, len(days)),
            "fetched_at": self.as_of - timedelta(hours=1),
            "source": "binance" if symbol in COINS else "yahoo",
            "kind": "crypto" if symbol in COINS else "equity",
        }
        self.lake.bars(symbol, days, close, **{**values, **more})

    def minutes(self, day: date) -> None:
        """Four hours of minutes of a coin, the last one cut short."""
        start = datetime(day.year, day.month, day.day, int(self.rng.integers(0, 19)))  # noqa: DTZ001 - the lake's own
        opened = [start + timedelta(minutes=minute) for minute in range(4 * 60 - int(self.rng.integers(0, 40)))]
        close = 100 * np.exp(np.cumsum(self.rng.normal(0, 1e-3, len(opened))))
        self.put("ETHUSDT", [at.date() for at in opened], close, opened_at=opened, interval="1m")

    def day_at(self, place: float) -> date:
        """A day of the history, 0 the first and 1 the last."""
        return FIRST + timedelta(days=int(place * ((self.today - FIRST).days - 1)))

    def build(self) -> None:
        """Bring the models up to date as of now."""
        self.lake.publish(self.as_of)
        build(self.lake.con, all_models())


def new_days(history: History, place: float) -> None:
    """One to eight days pass, with bars of each symbol."""
    days = [history.today + timedelta(days=day) for day in range(1 + int(place * 7))]
    history.today = days[-1] + timedelta(days=1)
    history.add(days)


def revised(history: History, place: float) -> None:
    """An old bar is quoted with another price."""
    history.put("SPY", [history.day_at(place)], np.array([history.rng.uniform(50, 150)]))


def cash_revised(history: History, place: float) -> None:
    """A bar of the cash symbol, which every symbol's pressure rests on."""
    history.put("BIL", [history.day_at(place)], np.array([history.rng.uniform(99, 101)]))


def late(history: History, place: float) -> None:
    """A day of the best source comes late, over the stand-in's."""
    history.put("TLT", [history.day_at(place)], np.array([100.0]), source="alpha_vantage", adjustment="raw")


def minutes_late(history: History, place: float) -> None:
    """Hours of an old day come late."""
    history.minutes(history.day_at(place))


def split(history: History, place: float) -> None:
    """A split, at times of a day to come."""
    at = history.day_at(place) + timedelta(days=5)
    history.lake.act("FXI", at, "split", 4.0, fetched_at=history.as_of - timedelta(hours=1))


def dividend(history: History, place: float) -> None:
    """A dividend of an old day."""
    history.lake.act("SPY", history.day_at(place), "dividend", 0.7, fetched_at=history.as_of - timedelta(hours=1))


def minutes_dropped(history: History, place: float) -> None:
    """Retention: the oldest minutes leave the warehouse."""
    history.lake.con.execute("delete from lake.bars where interval = '1m' and opened_at < ?", [history.day_at(place)])


def looked_back(history: History, place: float) -> None:
    """The as-of instant goes backward."""
    history.today -= timedelta(days=int(place * 60))


def hours_pass(history: History, _: float) -> None:
    """Nothing new came, and a bar that was open is over: the day before's last hours."""
    history.today += timedelta(days=1)


def other_cash(history: History, _: float) -> None:
    """The configuration names another symbol as cash."""
    history.lake.con.execute("update lake.nodes set symbol = if(symbol = 'BIL', 'TLT', 'BIL') where node = 'Cash'")


def other_order(history: History, _: float) -> None:
    """The configuration asks the sources in another order."""
    history.lake.con.execute("update lake.chains set rank = 3 - rank where dataset = 'equity_daily'")


CHANGES: list[Callable[[History, float], None]] = [
    *(new_days, revised, cash_revised, late, minutes_late, split, dividend, minutes_dropped, looked_back, hours_pass),
    *(other_cash, other_order),
]


def contents(con: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """The rows of every model as a count and a sum of hashes, which one other bit changes."""
    return {
        model.name: con.execute(f"select count(*), sum(hash(made)) from {model.name} as made").fetchall()
        for model in all_models()
    }


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The models that are made anew, in order."""
    names: list[str] = []
    create = building.run

    def noted(con: duckdb.DuckDBPyConnection, sql: str, name: str) -> duckdb.DuckDBPyConnection:
        names.append(name)
        return create(con, sql, name)

    monkeypatch.setattr(building, "run", noted)
    return names


def rebuilt(lake: Lake) -> duckdb.DuckDBPyConnection:
    """A build from nothing over the same lake."""
    fresh = duckdb.connect()
    fresh.execute((SQL / "lake.sql").read_text())
    tables = lake.con.execute("select table_name from duckdb_tables() where schema_name = 'lake'").fetchall()
    for (name,) in tables:
        rows = lake.con.sql(f"select * from lake.{name}").to_arrow_table()
        fresh.register("rows_there", rows)
        fresh.execute(f"insert into lake.{name} select * from rows_there")
    build(fresh, all_models())
    return fresh


def assert_as_rebuilt(lake: Lake) -> None:
    """Every relation has the rows of a build from nothing, to the last bit."""
    ours, theirs = contents(lake.con), contents(rebuilt(lake))
    assert [name for name in ours if ours[name] != theirs[name]] == []


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_each_change_gives_what_a_build_from_nothing_gives(change: Callable[[History, float], None]) -> None:
    """One change near the end of a history that is longer than every window."""
    history = History(7, 420)
    change(history, 0.9)
    history.build()
    assert_as_rebuilt(history.lake)


def test_a_load_of_nothing_new_makes_nothing(made: list[str]) -> None:
    """A second load at the same instant leaves every table, and a later one all whose rows stay."""
    history = History(8, 420)
    made.clear()
    history.build()
    assert made == []


@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    seed=st.integers(0, 2**32 - 1),
    days=st.sampled_from([90, 300, 420, 600]),
    changes=st.lists(st.tuples(st.sampled_from(CHANGES), PLACES), min_size=1, max_size=4),
)
def test_a_load_gives_what_a_build_from_nothing_gives(
    seed: int, days: int, changes: list[tuple[Callable[[History, float], None], float]]
) -> None:
    """Random histories, revisions, late rows, splits, settings, and instants that go backward."""
    lived_through(seed, days, changes)


@pytest.mark.soak
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    seed=st.integers(0, 2**32 - 1),
    days=st.integers(1, 900),
    changes=st.lists(st.tuples(st.sampled_from(CHANGES), PLACES), min_size=1, max_size=8),
)
def test_many_loads_give_what_a_build_from_nothing_gives(
    seed: int, days: int, changes: list[tuple[Callable[[History, float], None], float]]
) -> None:
    """The same, over more of them and from a history's first day on."""
    lived_through(seed, days, changes)


def lived_through(seed: int, days: int, changes: list[tuple[Callable[[History, float], None], float]]) -> None:
    """Change by change, each with a load; the end is compared."""
    history = History(seed, days)
    for change, place in changes:
        change(history, place)
        history.build()
    assert_as_rebuilt(history.lake)
