"""A data folder whose Parquet is filled row by row, and publications of it at instants."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from etl.config.loader import read_settings
from etl.domain import Outcome, Request
from etl.extract import reference_tables
from etl.market.sessions import session_of
from etl.models import registry
from etl.providers import PROVIDERS
from etl.state.database import StateDatabase
from etl.state.request_ledger import RequestLedger
from etl.state.run_log import RunLog
from etl.transform.parquet import Parquet
from etl.warehouse import check, load
from etl.warehouse.as_of import AsOfView
from etl.warehouse.file import NextFile, Warehouse
from tests.clocks import NotedClock
from tests.warehouse.warehouses import LAKE_SQL, SQL

UNPACED = replace(PROVIDERS["alpha_vantage"].limits, spacing_s=0.0)
NOW = datetime(2025, 11, 1, 3, 43, tzinfo=UTC)


@cache
def built() -> tuple[registry.Model, ...]:
    """Every model."""
    return registry.load_models(SQL)


class Publications:
    """The stores of one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = NotedClock(NOW)
        self.state = StateDatabase(folder / "state.db")
        self.ledger, self.journal = RequestLedger(self.state, self.clock), RunLog(self.state, self.clock)
        self.parquet = Parquet(folder / "parquet")
        self.warehouse = Warehouse(folder / "warehouse.duckdb", LAKE_SQL)
        self.settings = read_settings({"MFO_DATA_DIR": str(folder)})
        self.outcome: Outcome | None = None

    def ask(self, at: datetime, verdict: str = "ok", symbol: str = "SPY") -> int:
        """A request of the ledger that ended so."""
        self.clock.set(at)
        request = Request("alpha_vantage", "equity_daily", symbol, "/query")
        sequence = self.ledger.reserve(request, UNPACED, "run-0")
        self.ledger.close(sequence, verdict, detail="" if verdict == "ok" else "it went wrong", status=200)
        return sequence

    def bar(self, day: date, close: float, at: datetime, **changes: Any) -> None:
        """A session of SPY that was answered at an instant, as Parquet."""
        sequence = self.ask(at)
        session = session_of(day)
        assert session is not None
        fetched_at, opened_at = at.replace(tzinfo=None), session.opened_at.replace(tzinfo=None)
        row = {"symbol": "SPY", "interval": "1d", "opened_at": opened_at, "source": "alpha_vantage"}
        row |= {"sequence": sequence, "fetched_at": fetched_at, "published_at": session.ready_at.replace(tzinfo=None)}
        row |= {"sha256": f"sha{sequence}", "open": close, "high": close + 1, "low": close - 1, "close": close}
        row |= {"volume": 1000.0, "adjustment": "raw", "is_final": True}
        answer = {"sequence": sequence, "sha256": f"sha{sequence}", "source": "alpha_vantage", "symbol": "SPY"}
        answer |= {"dataset": "equity_daily", "status": 200, "fetched_at": fetched_at, "run_id": "run-0"}
        self.parquet.write("bars", "alpha_vantage", f"v1-{sequence:09d}-{sequence:09d}", [row | changes])
        self.parquet.write("answers", "alpha_vantage", f"v1-{sequence:09d}-{sequence:09d}", [answer])

    @contextmanager
    def loaded(self, at: datetime, run_id: str, *, fresh: bool = False, **universe: Any) -> Iterator[NextFile]:
        """The next file at an instant, as `load` leaves it."""
        self.clock.set(at)
        settings = self.settings
        if universe:
            changed = settings.universe.model_copy(update=universe)
            settings = settings.model_copy(update={"tables": settings.tables.model_copy(update={"universe": changed})})
        this_run = {"run_at": at.replace(tzinfo=None), "command": "load", "status": "success", "details": "{}"}
        with self.warehouse.next_file(fresh=fresh) as file:
            self.outcome = load.run(
                file,
                AsOfView(at, run_id, False, "0.1.0"),
                parquet=self.parquet,
                ledger=self.ledger,
                journal=self.journal,
                configuration=reference_tables.configuration(settings, lambda provider: True),
                this_run=this_run,
                built=built(),
            )
            yield file

    def check(self, file: NextFile, at: datetime, run_id: str) -> Outcome:
        """Check it."""
        return check.run(file, built(), sql_root=SQL, run_id=run_id, as_of=at)

    def publish(self, at: datetime, run_id: str, **options: Any) -> None:
        """Load, check and swap in."""
        with self.loaded(at, run_id, **options) as file:
            self.check(file, at, run_id)
            file.publish()

    def close(self) -> None:
        """Close what is open."""
        self.state.close()


def rows(con: Any, sql: str) -> list[tuple[Any, ...]]:
    """All rows of a query."""
    return con.execute(sql).fetchall()
