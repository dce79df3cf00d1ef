"""No look-ahead: a month of data, revisions and a split later, a day is still what it was when it was published."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from etl.config.settings import parse_instant
from etl.runtime.data_dir import DataDir
from etl.warehouse.as_of import warehouse_of
from etl.warehouse.time_travel import PastInstant, seen_as_of
from tests.conftest import Upstream, files_of
from tests.faults.folders import SmallFolder
from tests.warehouse.warehouses import SQL

EVENING = time(22, 30, tzinfo=UTC)  # the session's bar is final an hour after its close
AROUND_THE_SPLIT = [date(2025, 10, 17), date(2025, 10, 20), date(2025, 10, 31)]
MONTH = [day.date() for day in pd.bdate_range("2025-10-01", "2025-10-31")]
REVISED_FROM = date(2025, 10, 20)  # from then on FRED gives the later vintage
SERIES = ("SP500", "UNRATE", "DTWEXBGS")
INSTANTS = ("known_at", "as_of", "settled_at", "finished_at", "answered_at")


@dataclass
class Month:
    """A folder that was run on several days, and what each of them published."""

    folder: SmallFolder
    days: list[date]
    sites: dict[date, dict[str, bytes]] = field(default_factory=dict)

    def run(self, upstream: Upstream) -> None:
        """One `run-daily` each evening."""
        for day in self.days:
            instant = datetime.combine(day, EVENING).isoformat()
            upstream.now(instant)
            upstream.vintage("fred_later_vintage" if day >= REVISED_FROM else "fred")
            self.folder.now = instant
            assert self.folder.daily() in (0, 3), self.folder.said
            self.sites[day] = files_of(self.folder.root / "site")

    def seen(self, day: date, basis: str) -> Any:
        """A look at a day's evening."""
        places = DataDir(self.folder.root)
        return seen_as_of(warehouse_of(places), places.cache, PastInstant(datetime.combine(day, EVENING), basis), SQL)


@pytest.fixture(
    scope="module",
    params=[AROUND_THE_SPLIT, pytest.param(MONTH, marks=pytest.mark.soak)],
    ids=["three days", "a month"],
)
def month(
    request: pytest.FixtureRequest,
    running: Upstream,
    base_urls: dict[str, str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Month:
    """SPY, cash, a coin, LSPLT that splits on 20 October, and series that are revised on that day."""
    running.faults()
    folder = SmallFolder(tmp_path_factory.mktemp("month") / "data", base_urls, stocks=("LSPLT",), series=SERIES)
    made = Month(folder, request.param)
    made.run(running)
    running.vintage("fred")
    return made


def test_the_days_differ_by_revisions_and_a_split(month: Month) -> None:
    """Else the next tests would show nothing."""
    assert month.folder.published("select count(*) > 0 from marts.revisions where kind = 'observation'") == [(True,)]
    assert month.folder.published("select symbol, kind from lake.actions where symbol = 'LSPLT' and kind = 'split'")
    first, last = (month.sites[day]["data/metrics/LSPLT.json"] for day in (month.days[0], month.days[-1]))
    assert first != last


def test_an_export_of_a_past_day_is_byte_for_byte_what_that_day_published(month: Month, tmp_path: Path) -> None:
    """Every file of every day: prices, metrics, pressure, macro, notes, ledger, the Parquet for notebooks."""
    for day in month.days:
        out = tmp_path / day.isoformat()
        assert month.folder.export(out, datetime.combine(day, EVENING)) == 0, month.folder.said
        again, then = files_of(out), month.sites[day]
        assert sorted(again) == sorted(then)
        assert [name for name in then if again[name] != then[name]] == []


def test_a_replay_knows_nothing_that_was_not_out(month: Month) -> None:
    """In no relation a row, revision, vintage, publication, run or check that is later."""
    for day in month.days:
        instant = datetime.combine(day, EVENING).replace(tzinfo=None)
        with month.seen(day, "published") as con:
            tables = con.execute(
                "select schema_name, table_name, column_name from duckdb_columns() where database_name = 'warehouse'"
            ).fetchall()
            later = [
                f"{schema}.{table}.{column}"
                for schema, table, column in tables
                if column in INSTANTS
                and con.execute(f"select count(*) from {schema}.{table} where {column} > ?", [instant]).fetchall()
                != [(0,)]
            ]
            assert later == []
            assert con.execute("select max(trade_date) from daily_prices").fetchall() == [(day,)]
            assert con.execute("select count(*) from lake.observations where vintage_date > ?", [day]).fetchall() == [
                (0,)
            ]


def test_a_replay_has_the_prices_that_were_known_then(month: Month) -> None:
    """Before the split as traded, after it restated, whatever was fetched since: no close differs."""
    sql = (
        "select trade_date, close from daily_prices where symbol in ('SPY', 'LSPLT', 'BIL') order by symbol, trade_date"
    )
    for day in month.days:
        with month.seen(day, "known") as con:
            known = con.execute(sql).fetchall()
        with month.seen(day, "published") as con:
            replayed = con.execute(sql).fetchall()
        assert len(known) > 100
        assert [row[0] for row in replayed] == [row[0] for row in known]
        assert [row[1] for row in replayed] == pytest.approx([row[1] for row in known], rel=1e-9)


def test_a_replay_is_marked_and_can_be_exported(month: Month, tmp_path: Path) -> None:
    """`reconstructed: true` in its manifest, and the same bytes a second time."""
    instant = parse_instant("2025-09-15T22:30:00Z", "a test")  # before the first run
    for name in ("first", "second"):
        assert month.folder.export(tmp_path / name, instant, "published") == 0, month.folder.said
    first, second = files_of(tmp_path / "first"), files_of(tmp_path / "second")
    assert first == second
    assert b'"reconstructed":true' in first["data/manifest.json"].replace(b" ", b"")
    assert b"2025-09-15" in first["data/metrics/SPY.json"]
    assert b"2025-09-16" not in first["data/metrics/SPY.json"]
