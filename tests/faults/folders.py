"""A small data folder for each fault: one want, its first source, its stand-in; and what it holds afterwards."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
from pydantic import SecretStr

from etl.config.schema import Extract, LimitOverride, Tables, Universe
from etl.config.settings import CHAINS, Settings, parse_instant
from etl.domain import CRYPTO_1D, EQUITY_DAILY, MACRO
from etl.errors import MfoError
from etl.extract.selection import Selection
from etl.pipeline import backfill, daily
from etl.pipeline.backfill import BackfillOptions
from etl.pipeline.context import RunContext, open_context
from etl.pipeline.notes import NoteOptions
from etl.site.publish.export import ExportOptions
from tests.clocks import NotedClock
from tests.conftest import AV_KEY, FRED_KEY, files_of

TWELVE_DATA_KEY = "CANARYTWELVEDATA"
KEYS = {"ALPHA_VANTAGE_API_KEY": AV_KEY, "FRED_API_KEY": FRED_KEY, "TWELVE_DATA_API_KEY": TWELVE_DATA_KEY}
NOW = "2025-11-01T03:43:00Z"  # Friday evening in New York: the session of 31 October is final, its day not over
SINCE = "2025-08-01"
# What the lake says of a row, apart from which answer it came from.
SAID = {
    "bars": "symbol, interval, opened_at, source, open, high, low, close, adj_close, volume, quote_volume, trades, "
    "taker_buy_volume, taker_buy_quote_volume, adjustment, is_final",
    "observations": "series_id, date, source, value, vintage_date",
}
Rows = list[tuple[Any, ...]]


@dataclass(frozen=True)
class Route:
    """One want, who is asked for it first and who stands in."""

    dataset: str
    symbol: str
    first: str
    stand_in: str

    @property
    def relation(self) -> str:
        """Where its rows are kept."""
        return "observations" if self.dataset == MACRO else "bars"


ROUTES = {
    route.first: route
    for route in (
        Route(EQUITY_DAILY, "SPY", "alpha_vantage", "yahoo"),
        Route(EQUITY_DAILY, "SPY", "yahoo", "twelve_data"),
        Route(EQUITY_DAILY, "SPY", "twelve_data", "yahoo"),
        Route(MACRO, "SP500", "fred", "fred_graph"),
        Route(MACRO, "SP500", "fred_graph", "fred"),
        Route(CRYPTO_1D, "BTCUSDT", "binance", "alpha_vantage"),
    )
}


@dataclass
class SmallFolder:
    """A data folder with a small universe, in this process; waits are noted and not waited."""

    root: Path
    base_urls: dict[str, str]
    chains: dict[str, list[str]] = field(default_factory=dict)
    timeout_s: float = 8.0
    now: str = NOW
    stocks: tuple[str, ...] = ()
    series: tuple[str, ...] = ("SP500",)
    keys: dict[str, str] = field(default_factory=lambda: dict(KEYS))
    is_premium: bool = False
    since: str = SINCE
    waits: list[float] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def settings(self) -> Settings:
        """Two equities, a pair and a series, some months back; no spacing, because these tests are not about pacing."""
        providers = {name for chain in CHAINS.values() for name in chain}
        return Settings(
            source="a test",
            data_dir=self.root,
            timezone="Asia/Kolkata",
            now=parse_instant(self.now, "now"),
            demo=False,
            openai_model="none",
            tables=Tables(
                universe=Universe(
                    regions={"USA": ["SPY"]},
                    asset_classes={"Crypto": ["BTCUSDT"], "Cash": ["BIL"]},
                    stocks=list(self.stocks),
                    series=list(self.series),
                ),
                chains=self.chains,
                limits={name: LimitOverride(spacing_s=0, timeout_s=self.timeout_s) for name in providers},
                extract=Extract.model_validate(
                    dict.fromkeys(("history_from", "macro_from", "crypto_daily_from"), self.since)
                    | {"crypto_minutes_days": 0.5, "alpha_vantage_is_premium": self.is_premium}
                ),
            ),
            keys={name: SecretStr(key) for name, key in self.keys.items()},
            base_urls=self.base_urls,
        )

    def _run(self, work: Callable[[RunContext], int]) -> int:
        """The exit code, as the command line gives it."""
        settings = self.settings()
        assert settings.now is not None
        clock = NotedClock(settings.now)
        try:
            with open_context(settings, clock=clock) as ctx:
                return work(ctx)
        except MfoError as error:
            self.said.append(str(error))
            return error.exit_code
        finally:
            self.waits += [wait for wait in clock.waits if wait > 0]

    def fetch(self, choice: Selection) -> int:
        """`mfo extract`, then `mfo transform`; the exit code of the first."""

        def work(ctx: RunContext) -> int:
            try:
                return daily.only_extract(ctx, choice)
            finally:
                ctx.report.outcomes.clear()
                daily.only_transform(ctx, everything=False)

        return self._run(work)

    def daily(self, choice: Selection | None = None) -> int:
        """`mfo run-daily --no-llm`."""
        notes = NoteOptions(use_model=False)
        return self._run(lambda ctx: daily.daily(ctx, choice or Selection(), notes))

    def backfill(self, since: str, until: str | None = None, *, only: str | None = None, symbol: str = "SPY") -> int:
        """`mfo backfill SPY --from since --to until`."""
        options = BackfillOptions(symbol, None, since, until, only)
        return self._run(lambda ctx: backfill.backfill(ctx, options))

    def price(self, since: str, until: str | None = None, only: str | None = None) -> list[tuple[str, int]]:
        """`mfo plan --backfill SPY`: (provider, calls)."""
        with open_context(self.settings(), quiet=True) as ctx:
            rows, _ = backfill.price(ctx, BackfillOptions("SPY", None, since, until, only), force=False)
        return [(row["provider"], row["calls"]) for row in rows]

    def export(self, out: Path, as_of: datetime | None = None, basis: str = "known") -> int:
        """`mfo export --out OUT --as-of T --basis B`."""
        return self._run(lambda ctx: daily.only_export(ctx, ExportOptions(out, as_of, basis)))

    def requests(self) -> Rows:
        """(provider, verdict) of every request, in order."""
        import sqlite3

        con = sqlite3.connect(self.root / "state.db")
        try:
            return con.execute("select provider, verdict from requests order by sequence").fetchall()
        finally:
            con.close()

    def rows(self, relation: str, columns: str = "") -> Rows:
        """The rows of a relation as transform wrote them."""
        if not list((self.root / "parquet" / relation).glob("*/*.parquet")):
            return []
        files = f"{self.root}/parquet/{relation}/*/*.parquet"
        return duckdb.sql(f"select {columns or SAID[relation]} from read_parquet('{files}') order by all").fetchall()

    def published(self, sql: str) -> Rows:
        """The rows of a query of the published warehouse."""
        with duckdb.connect(str(self.root / "warehouse.duckdb"), read_only=True) as con:
            return con.execute(sql).fetchall()

    def files_with_a_key(self) -> list[str]:
        """The files that hold one of the keys: there is never one."""
        keys = [key.encode() for key in self.keys.values()]
        return [name for name, data in files_of(self.root).items() if any(key in data for key in keys)]


def choice_of(route: Route) -> Selection:
    """That want and nothing else."""
    return Selection(datasets=frozenset({route.dataset}), symbols=frozenset({route.symbol}))


def folder_of(root: Path, route: Route, base_urls: dict[str, str], **options: Any) -> SmallFolder:
    """A folder whose chain for the route's dataset is the route."""
    return SmallFolder(root, base_urls, {route.dataset: [route.first, route.stand_in]}, **options)
