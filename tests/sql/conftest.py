"""A small lake in memory: made-up bars go in, models come out. Nothing here touches the disk but the SQL files."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest

from etl.models.registry import Failure, Model, build, load_models, run_checks

SQL = Path(__file__).parents[2] / "sql"
AS_OF = datetime(2025, 11, 1, 3, 43, tzinfo=UTC)
BAR_COLUMNS = [
    *("symbol", "interval", "opened_at", "source", "sequence", "fetched_at", "published_at", "sha256"),
    *("open", "high", "low", "close", "adj_close", "volume", "quote_volume", "trades"),
    *("taker_buy_volume", "taker_buy_quote_volume", "adjustment", "is_final"),
]


@cache
def all_models() -> tuple[Model, ...]:
    """Every model, read once for all tests."""
    return load_models(SQL)


def upstream(names: Iterable[str]) -> set[str]:
    """The models that `names` need, themselves included: a test builds no more than it reads."""
    wanted = set(names)
    for model in reversed(all_models()):
        if model.name in wanted:
            wanted |= {name for name in model.reads if not name.startswith("lake.")}
    return wanted


def naive(at: datetime) -> datetime:
    """An instant as the lake keeps it: without a zone, meaning UTC."""
    return at.astimezone(UTC).replace(tzinfo=None)


def weekdays(count: int, until: date = date(2025, 10, 31)) -> list[date]:
    """The last `count` weekdays up to `until`: the sessions of a calendar without holidays."""
    days = pd.bdate_range(end=until, periods=count)
    return [day.date() for day in days]


@dataclass
class Lake:
    """The `lake` schema in memory, with words to fill it and to build models from it."""

    con: duckdb.DuckDBPyConnection = field(default_factory=duckdb.connect)
    sequence: int = 0

    def __post_init__(self) -> None:
        self.con.execute((SQL / "lake.sql").read_text())

    def insert(self, table: str, rows: Sequence[Sequence[Any]]) -> None:
        """Rows in the order of the table's columns."""
        if rows:
            marks = ", ".join(["(" + ", ".join("?" * len(rows[0])) + ")"] * len(rows))
            self.con.execute(f"insert into lake.{table} values {marks}", [value for row in rows for value in row])

    def publish(self, as_of: datetime = AS_OF, basis: str = "known") -> None:
        """Set the instant at which the lake is looked at."""
        self.con.execute("delete from lake.publication")
        self.insert("publication", [(naive(as_of), basis, "run-1", False, "test")])

    def calendar(self, days: Sequence[date]) -> None:
        """Sessions from 14:30 to 21:00 UTC, and 30 more weekdays after the last."""
        more = [day.date() for day in pd.bdate_range(days[-1] + timedelta(days=1), periods=30)]
        stamps = [datetime(day.year, day.month, day.day) for day in (*days, *more)]  # noqa: DTZ001 - the lake's own form
        half_past, nine = timedelta(hours=14, minutes=30), timedelta(hours=21)
        self.insert("sessions", [(at.date(), at + half_past, at + nine, False) for at in stamps])

    def instruments(self, kinds: dict[str, str], watchlist: Sequence[str] = ()) -> None:
        """symbol -> equity, crypto or macro, in the order of the universe."""
        rows = [(symbol, symbol, kind, symbol in watchlist, at) for at, (symbol, kind) in enumerate(kinds.items())]
        self.insert("instruments", rows)

    def nodes(self, picture: str, members: dict[str, Sequence[str]]) -> None:
        """node -> its symbols, the first one being the node."""
        pairs = [(node, symbol, at == 0) for node, symbols in members.items() for at, symbol in enumerate(symbols)]
        self.insert("nodes", [(picture, node, symbol, at, first) for at, (node, symbol, first) in enumerate(pairs)])

    def chain(self, dataset: str, *sources: str) -> None:
        """The sources of a dataset, the best one first."""
        self.insert("chains", [(dataset, source, rank) for rank, source in enumerate(sources, 1)])

    def bars(self, symbol: str, days: Sequence[date], close: Sequence[float], **more: Any) -> None:
        """
        Daily bars (or of `interval`) of one answer; `more` are columns, one value for all or one for each bar.

        An equity's day opens at 14:30 UTC, a coin's (`kind="crypto"`) at midnight. Rows are known an hour
        before the as-of instant unless `fetched_at` is given. Every answer is noted as read.
        """
        start, length = (14.5, 7.5) if more.pop("kind", "equity") == "equity" else (0, 25)
        midnights = [datetime(day.year, day.month, day.day) for day in days]  # noqa: DTZ001 - the lake's own form
        opened = more.pop("opened_at", [midnight + timedelta(hours=start) for midnight in midnights])
        self.sequence += 1
        values: dict[str, Any] = {
            "symbol": symbol,
            "interval": "1d",
            "opened_at": opened,
            "source": "yahoo",
            "sequence": self.sequence,
            "fetched_at": naive(AS_OF) - timedelta(hours=1),
            "published_at": [at + timedelta(hours=length) for at in opened],
            "sha256": f"sha-{self.sequence}",
            "open": close,
            "high": close,
            "low": close,
            "close": close,
            "volume": 1000.0,
            "adjustment": "split",
            "is_final": True,
        }
        values |= {name: naive(value) if isinstance(value, datetime) else value for name, value in more.items()}
        frame = pd.DataFrame(values, index=range(len(opened))).reindex(columns=BAR_COLUMNS)
        frame = frame.astype({"adj_close": float, "quote_volume": float, "taker_buy_quote_volume": float})
        self.con.register("made_up", frame)
        self.con.execute(f"insert into lake.bars select {', '.join(BAR_COLUMNS)} from made_up")
        self.con.unregister("made_up")
        sha256, source = values["sha256"], values["source"]
        at = naive(AS_OF)
        self.insert("answers", [(self.sequence, sha256, source, "equity_daily", symbol, 200, at, "run-1")])

    def cover(self, symbol: str, first: datetime, last: datetime, at: datetime, **more: Any) -> int:
        """A good answer of a run of its own that speaks of [first, last); `more` are interval and source."""
        self.sequence += 1
        source, run_id, at = more.get("source", "binance"), f"run-{at.isoformat()}", naive(at)
        self.insert("answers", [(self.sequence, "sha", source, "bars", symbol, 200, at, run_id)])
        span = (more.get("interval", "1m"), naive(first), naive(last))
        self.insert("coverage", [(self.sequence, "sha", source, symbol, *span, at, run_id)])
        return self.sequence

    def observe(self, series_id: str, values: dict[date, float | None], **more: Any) -> None:
        """Observations of one answer; `more` are source, fetched_at, published_at, vintage_date."""
        self.sequence += 1
        fetched_at = naive(more.get("fetched_at", AS_OF - timedelta(hours=1)))
        published_at = more.get("published_at")
        rows = [
            (
                series_id,
                day,
                value,
                more.get("source", "fred"),
                self.sequence,
                fetched_at,
                naive(published_at) if published_at else None,
                more.get("vintage_date"),
                f"sha-{self.sequence}",
            )
            for day, value in values.items()
        ]
        self.insert("observations", rows)
        self.insert(
            "answers", [(self.sequence, f"sha-{self.sequence}", "fred", "macro", series_id, 200, fetched_at, "r")]
        )

    def act(self, symbol: str, ex_date: date, kind: str, value: float, **more: Any) -> None:
        """A split or dividend."""
        self.sequence += 1
        fetched_at = naive(more.get("fetched_at", AS_OF - timedelta(hours=1)))
        source = more.get("source", "alpha_vantage")
        self.insert(
            "actions", [(symbol, ex_date, kind, value, source, self.sequence, fetched_at, f"sha-{self.sequence}")]
        )

    def build(self, *names: str) -> "Lake":
        """Build the models of these names with what they need; all where none is named."""
        wanted = upstream(names)
        build(self.con, all_models(), (lambda model: model.name in wanted) if names else None)
        return self

    def rows(self, sql: str) -> list[dict[str, Any]]:
        """The rows of a query as dicts; relations without a schema are those of `marts`."""
        self.con.execute("set search_path = 'marts'")
        cursor = self.con.execute(sql)
        names = [column[0] for column in cursor.description or []]
        found = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
        self.con.execute("set search_path = 'main'")
        return found

    def column(self, sql: str) -> np.ndarray:
        """The first column of a query as floats, NaN for NULL."""
        return np.array([next(iter(row.values())) for row in self.rows(sql)], dtype=float)

    def failures(self) -> dict[str, Failure]:
        """The checks that returned rows."""
        return {result.check: result for result in run_checks(self.con, SQL, all_models()) if result.rows}


@pytest.fixture
def lake() -> Lake:
    """An empty lake, looked at on 2025-11-01 03:43 UTC, after the session of Friday 2025-10-31."""
    made = Lake()
    made.publish()
    return made


@pytest.fixture
def market(lake: Lake) -> Lake:
    """400 sessions of six equities, 560 days of a coin and the VIX, not built: a test may spoil it."""
    return fill_market(lake)


@pytest.fixture(scope="session")
def built_market() -> Lake:
    """The same, built once for all tests that only read it."""
    made = Lake()
    made.publish()
    return fill_market(made).build()


def fill_market(lake: Lake) -> Lake:
    """Walks with a fixed seed and two pictures: enough for every window but 1Y's intensity to be full."""
    rng = np.random.default_rng(7)
    sessions = weekdays(400)
    days = [day.date() for day in pd.date_range(sessions[0], sessions[-1])]
    lake.calendar(sessions)
    equities = ["SPY", "QQQ", "FXI", "EWJ", "TLT", "BIL"]
    lake.instruments({**dict.fromkeys(equities, "equity"), "BTCUSDT": "crypto"}, watchlist=["QQQ"])
    lake.nodes("region", {"USA": ["SPY", "QQQ"], "China": ["FXI"], "Japan": ["EWJ"]})
    lake.nodes("asset", {"Stocks": ["SPY"], "Bonds": ["TLT"], "Crypto": ["BTCUSDT"], "Cash": ["BIL"]})
    lake.chain("equity_daily", "alpha_vantage", "yahoo")
    lake.chain("crypto_1d", "binance_archive", "binance", "yahoo")
    for symbol in equities:
        scale = 1e-4 if symbol == "BIL" else 1e-2
        close = 100 * np.exp(np.cumsum(rng.normal(1e-4, scale, len(sessions))))
        wick = np.abs(rng.normal(0, scale / 2, (2, len(sessions))))
        volume = rng.integers(1_000, 9_000, len(sessions)).astype(float)
        lake.bars(symbol, sessions, close, high=close * (1 + wick[0]), low=close * (1 - wick[1]), volume=volume)
    close = 60_000 * np.exp(np.cumsum(rng.normal(0, 0.02, len(days))))
    quote = rng.uniform(1e5, 9e5, len(days))
    taker = quote * rng.uniform(0.3, 0.7, len(days))
    lake.bars("BTCUSDT", days, close, kind="crypto", source="binance", quote_volume=quote, taker_buy_quote_volume=taker)
    lake.insert("universe_series", [("VIXCLS", "index", None, False, False, "", 0)])
    lake.observe("VIXCLS", dict(zip(sessions, rng.uniform(12, 30, len(sessions)).round(2).tolist(), strict=True)))
    return lake
