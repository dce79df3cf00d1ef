"""Quality, as a user meets it: what blocks is shown and stops, what is odd is a warning in the page's own data."""

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from etl.transform.parquet import Parquet
from tests.conftest import Demo, Mfo

LATER = "2026-11-19T12:00:00+00:00"


class Desk:
    """A copy of the demo's data folder whose Parquet is given rows that no source gave."""

    def __init__(self, demo: Demo, folder: Path) -> None:
        self.root = folder / "data-demo"
        shutil.copytree(demo.folder, self.root)
        self.mfo = Mfo(folder / "data", {"MFO_NOW": LATER})

    def spoil(self, symbol: str, source: str, said_by: str = "", **factors: float) -> str:
        """A newer answer (of another source, where named) with the newest daily bar, figures multiplied; its day."""
        files = sorted((self.root / "parquet/bars").glob(f"{source}/*.parquet"))
        rows = [row for path in files for row in pq.read_table(path, partitioning=None).to_pylist()]
        newest = max(
            (row for row in rows if (row["symbol"], row["interval"], row["is_final"]) == (symbol, "1d", True)),
            key=lambda row: row["opened_at"],
        )
        changed = {name: newest[name] * factor for name, factor in factors.items()}
        at = datetime(2026, 11, 19, 11, 45)  # noqa: DTZ001 - the lake's own form
        more = {"source": said_by, "adjustment": "split"} if said_by else {}
        self.add("bars", said_by or source, {**newest, **changed, **more, "fetched_at": at, "sequence": 900_000})
        return str(newest["opened_at"].date())

    def add(self, relation: str, source: str, row: dict[str, Any]) -> None:
        """One row as a batch of its own."""
        Parquet(self.root / "parquet").write(relation, source, "v1-000900000-000900000", [row])

    def quality(self, check: str) -> list[dict[str, Any]]:
        """Every run's result of one check."""
        shown = "select run_id, severity, failed_rows, example, is_of_this_run from data_quality where check_name = "
        return self.mfo.rows(f"{shown}'{check}' order by known_at, run_id", "--demo")

    def on_the_page(self, check: str) -> dict[str, Any]:
        """The same in data/quality.json."""
        self.mfo("export", "--demo")
        shown = self.mfo.artifact("data/quality.json", self.root / "site")["checks"]
        (found,) = [one for one in shown if one["check"] == check]
        return dict(found)


@pytest.fixture
def desk(demo: Demo, tmp_path: Path) -> Desk:
    """One to spoil."""
    return Desk(demo, tmp_path)


def test_a_blocking_check_stops_publication_and_shows_its_rows(desk: Desk) -> None:
    """65; the warehouse stays; the next publication's data_quality has the stopped run's checks with their counts."""
    day = desk.spoil("SPY", "alpha_vantage", low=2.0)
    before = (desk.root / "warehouse.duckdb").read_bytes()
    said = desk.mfo("load", "--demo")
    assert said.code == 65
    assert "checks failed, nothing was published:" in said.err
    assert "daily_prices__high_is_highest: 1 rows, for example {" in said.err
    assert f'"symbol":"SPY","trade_date":"{day}"' in said.err
    assert (desk.root / "warehouse.duckdb").read_bytes() == before
    (desk.root / "parquet/bars/alpha_vantage/v1-000900000-000900000.parquet").unlink()
    assert desk.mfo("load", "--demo").code == 0
    first, stopped, last = desk.quality("daily_prices__high_is_highest")
    assert [one["failed_rows"] for one in (first, stopped, last)] == [0, 1, 0]
    assert [one["is_of_this_run"] for one in (first, stopped, last)] == [False, False, True]
    assert '"symbol":"SPY"' in stopped["example"]
    assert desk.on_the_page("daily_prices__high_is_highest")["failed_rows"] == 0
    counted = desk.mfo.rows(
        "select run_id, count(*) as checks, count(distinct check_name) as names from data_quality "
        "where check_name not like 'refused_rows__%' group by run_id",
        "--demo",
    )
    assert len(counted) == 3
    assert {one["checks"] for one in counted} == {one["names"] for one in counted} == {counted[0]["checks"]}
    assert counted[0]["checks"] > 100


def test_a_spike_that_nobody_confirms_is_a_warning_on_the_page(desk: Desk) -> None:
    """20 % in a day from one source: published, warned of with its row; a second source that has it too ends that."""
    check = "daily_prices__return_is_confirmed"
    assert [one["failed_rows"] for one in desk.quality(check)] == [0]
    up = dict.fromkeys(("open", "high", "low", "close"), 1.2)
    day = desk.spoil("SPY", "alpha_vantage", **up)
    said = desk.mfo("load", "--demo")
    assert said.code == 0, said.err
    assert "warning: Over 100 days a second source confirms each return" in said.out + said.err
    assert [one["failed_rows"] for one in desk.quality(check)] == [0, 1]
    shown = desk.on_the_page(check)
    assert (shown["status"], shown["severity"], shown["failed_rows"]) == ("fail", "warning", 1)
    assert json.loads(shown["example"])["trade_date"] == day
    (close,) = desk.mfo.rows(
        "select close from daily_prices where symbol = 'SPY' order by trade_date desc limit 1", "--demo"
    )
    closed_at = desk.mfo.rows(f"select closed_at from lake.sessions where trade_date = '{day}'", "--demo")[0][
        "closed_at"
    ]
    quoted_at = datetime.fromisoformat(closed_at).astimezone(UTC).replace(tzinfo=None)
    row = {"symbol": "SPY", "quoted_at": quoted_at, "price": close["close"], "source": "finnhub", "sequence": 900_001}
    at = datetime(2026, 11, 19, 11, 50)  # noqa: DTZ001 - the lake's own form
    desk.add("quotes", "finnhub", {**row, "fetched_at": at, "sha256": "made up"})
    assert desk.mfo("load", "--demo").code == 0
    assert [one["failed_rows"] for one in desk.quality(check)] == [0, 1, 0]


def test_a_session_without_volume_and_sources_that_differ_are_warnings_on_the_page(desk: Desk) -> None:
    """SPY traded nothing; QQQ closed 0.6 % higher at another source."""
    desk.spoil("SPY", "alpha_vantage", volume=0.0)
    desk.spoil("QQQ", "alpha_vantage", "yahoo", close=1.006, high=1.1)
    said = desk.mfo("load", "--demo")
    assert said.code == 0, said.err
    for check, symbol in (("daily_prices__session_has_volume", "SPY"), ("daily_prices__sources_agree", "QQQ")):
        assert desk.quality(check)[-1]["failed_rows"] == 1
        shown = desk.on_the_page(check)
        assert (shown["status"], shown["severity"], shown["failed_rows"]) == ("fail", "warning", 1)
        assert f'"symbol":"{symbol}"' in shown["example"]


def test_a_series_that_went_stale_is_a_warning_on_the_page(desk: Desk) -> None:
    """Nothing came for five weeks: prices and series are said to be old, and the page's artifact has it."""
    said = desk.mfo("load", "--demo", MFO_NOW="2026-12-24T11:30:00+00:00")
    assert said.code == 0, said.err
    for check in ("daily_prices__symbol_is_up_to_date", "macro_daily__series_is_up_to_date"):
        shown = desk.on_the_page(check)
        assert (shown["status"], shown["severity"]) == ("fail", "warning")
        assert shown["failed_rows"] > 5
