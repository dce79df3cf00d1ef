"""A data folder in this process, against a stand-in whose clock is moved: ask, then look at what the models say."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from etl.config.settings import CHAINS
from etl.domain import DataRequest
from etl.extract.planner import Task
from etl.market.releases import MACRO_SERIES
from etl.market.sessions import session_of, sessions
from etl.models.registry import build
from etl.notes.documents import DOCUMENT_READERS
from etl.providers import PROVIDERS
from etl.state.run_log import RunLog
from etl.transform.parquet import Parquet
from etl.transform.transform import Transformer, naive
from etl.warehouse.file import NextFile
from tests.clocks import NotedClock
from tests.conftest import Upstream
from tests.extract.workbench import Bench
from tests.sql.conftest import all_models, upstream
from tests.warehouse.warehouses import warehouse_in


@dataclass
class Desk:
    """One data folder; `kinds` is the universe: symbol -> equity or crypto."""

    folder: Path
    stand_in: Upstream
    kinds: dict[str, str] = field(default_factory=dict)

    @contextmanager
    def bench(self, at: datetime) -> Iterator[Bench]:
        """The stores at an instant, ours and the stand-in's."""
        self.stand_in.now(at.isoformat())
        bench = Bench(self.folder, base_urls=dict(self.stand_in.env), clock=NotedClock(at)).unpaced()
        try:
            yield bench
        finally:
            bench.close()

    def ask(self, at: datetime, provider: str, dataset: str, symbol: str, since: datetime | None = None) -> None:
        """One want of one provider; it must be answered."""
        with self.bench(at) as bench:
            outcome = bench.run(
                [Task(DataRequest(dataset, symbol, since), (provider,), "test")], f"run-{at.isoformat()}"
            )
        # the stand-in knows SPLITS and not DIVIDENDS, which are asked for after them
        assert [line for line in outcome.undone if "(DIVIDENDS) does not exist" not in line] == []

    def rows(self, sql: str, as_of: datetime, *built: str) -> list[dict[str, Any]]:
        """What a query says of the models `built`, from all that was kept and is known at an instant."""
        parquet = Parquet(self.folder / "parquet")
        with self.bench(as_of) as bench:
            journal = RunLog(bench.state, bench.clock)
            Transformer(bench.lake, parquet, journal, PROVIDERS, session_of, lambda _: "D", DOCUMENT_READERS).run()
        with warehouse_in(self.folder).next_file(fresh=True) as file:
            for name in parquet.relations():
                if files := [(parquet.name_of(path), path) for path in parquet.files(name)]:
                    file.add(name, files)
            self._configure(file, as_of)
            wanted = upstream(built)
            build(file.con, all_models(), lambda model: model.name in wanted)
            cursor = file.con.execute(sql)
            names = [column[0] for column in cursor.description or []]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def _configure(self, file: NextFile, as_of: datetime) -> None:
        days: Sequence[Any] = sessions(datetime(2014, 1, 1, tzinfo=UTC).date(), datetime(2026, 3, 1, tzinfo=UTC).date())
        file.replace(
            "sessions",
            [
                {"trade_date": s.trade_date, "opened_at": naive(s.opened_at), "closed_at": naive(s.closed_at)}
                | {"is_half_day": s.is_half_day}
                for s in days
            ],
        )
        file.replace(
            "instruments",
            [
                {"symbol": symbol, "name": symbol, "kind": kind, "is_watchlist": False, "position": position}
                for position, (symbol, kind) in enumerate(self.kinds.items())
            ],
        )
        file.replace(
            "universe_series",
            [
                {"series_id": series_id, "unit": facts.unit, "usd_factor": facts.usd_factor, "terms": facts.terms}
                | {"is_revised": facts.is_revised, "publishable": facts.publishable, "position": position}
                for position, (series_id, facts) in enumerate(MACRO_SERIES.items())
            ],
        )
        file.replace(
            "chains",
            [
                {"dataset": dataset, "source": source, "rank": rank}
                for dataset, chain in CHAINS.items()
                for rank, source in enumerate(chain)
            ],
        )
        file.see_as_of(naive(as_of), "known", "run-test", demo=False, version="test")
