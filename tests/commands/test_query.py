"""`mfo query` and `mfo load --as-of` as a user types them: limits, the past, lineage."""

import io
import json
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from tests.conftest import MFO, Demo, Mfo

FOREVER = "select count(*) from range(1000000000000) as t(i) where i % 7 = 3"
PAST = ("--as-of", "2026-11-19T20:00:00Z")


@pytest.fixture
def later(demo: Demo, tmp_path: Path) -> tuple[Mfo, Path]:
    """A copy of the demo's folder, for what is written into it."""
    shutil.copytree(demo.folder, tmp_path / "data-demo")
    return Mfo(tmp_path / "data", demo.mfo.env | {"MFO_DATA_DIR": str(tmp_path / "data")}), tmp_path / "data-demo"


def test_saved_queries_are_listed_with_sentence_and_parameters(demo: Demo) -> None:
    """On stdout; it needs no warehouse."""
    said = demo.mfo("query", "--list", MFO_DATA_DIR="/nowhere")
    assert said.code == 0
    assert "latest_metrics   The newest day of every symbol: close, returns, RSI, pressure.\n" in said.out
    assert "--param symbol=...\n" in said.out


def test_a_query_ends_at_its_time_limit(demo: Demo) -> None:
    """Exit 1, one line that says how to allow more; the setting is the default."""
    began = time.monotonic()
    said = demo.mfo("query", "--demo", FOREVER, "--timeout", "1")
    assert (said.code, said.out) == (1, "")
    assert said.err == "mfo: query: stopped after 1 s; --timeout allows more (0: no limit)\n"
    assert time.monotonic() - began < 30
    config = demo.mfo.cwd / "bounds.toml"
    config.write_text("[query]\ntimeout_s = 0.5\n")
    said = demo.mfo("query", "--demo", FOREVER, "--config", str(config))
    assert said.err == "mfo: query: stopped after 0.5 s; --timeout allows more (0: no limit)\n"


def test_a_query_ends_at_its_memory_limit_and_fills_no_disk(demo: Demo) -> None:
    """Exit 1; nothing of it lies beside the warehouse."""
    said = demo.mfo("query", "--demo", "select list(i) from range(100000000) as t(i)", "--memory", "100MB")
    assert (said.code, said.out) == (1, "")
    assert said.err == "mfo: query: needs more than 100MB of memory; --memory allows more\n"
    assert not list(demo.folder.glob("*.tmp"))
    assert demo.mfo("query", "--demo", "select 1", "--memory", "much").code == 2


def test_ctrl_c_stops_a_query(demo: Demo) -> None:
    """130 and one line, whatever DuckDB is doing."""
    process = demo.mfo.start("query", "--demo", FOREVER)
    time.sleep(3)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (130, "", "mfo: query: stopped\n")


def test_instants_of_a_time_zone_come_as_utc(demo: Demo) -> None:
    """In every format, in lists too, without pytz."""
    sql = "select timestamptz '2025-11-01 05:30:00+05:30' as x, [timestamptz '2025-11-01 00:00:00Z'] as y"
    (row,) = demo.mfo.rows(sql, "--demo")
    assert row == {"x": "2025-11-01T00:00:00Z", "y": ["2025-11-01T00:00:00Z"]}
    assert demo.mfo("query", "--demo", sql, "--format", "csv").out.splitlines()[1].startswith("2025-11-01T00:00:00Z,")
    process = demo.mfo.start("query", "--demo", sql, "--format", "csv", TZ="Asia/Kolkata")
    assert "2025-11-01T00:00:00Z" in process.communicate(timeout=60)[0]


def test_many_rows_are_written_as_they_come(demo: Demo) -> None:
    """Strict JSON over several portions, in order."""
    rows = json.loads(demo.mfo("query", "--demo", "from range(60000) as t(i)", "--format", "json").out)
    assert [row["i"] for row in rows] == list(range(60000))


def test_a_look_at_the_past_is_the_same_for_query_load_and_python(later: tuple[Mfo, Path]) -> None:
    """`load --as-of` writes a file beside the published one and says where; the published one stays as it is."""
    mfo, folder = later
    sql = "select count(*) as days, max(known_at)::varchar as known_at from daily_metrics"
    before = (folder / "warehouse.duckdb").read_bytes()
    now = mfo.rows(sql, "--demo")
    assert mfo("load", "--demo", MFO_NOW="2026-11-20T11:30:00Z").code == 0
    published = (folder / "warehouse.duckdb").read_bytes()
    assert published != before
    said = mfo("load", "--demo", *PAST)
    assert said.code == 0, said.err
    path = folder / "warehouse.as-of-20261119T200000Z.duckdb"
    assert f"{path} as of 2026-11-19T11:30:00+00:00 (known), run 20261119T113000Z-1" in said.err
    assert (folder / "warehouse.duckdb").read_bytes() == published
    with duckdb.connect(str(path), read_only=True) as con:
        assert con.execute("select count(*) from marts.daily_metrics").fetchall() == [(now[0]["days"],)]
    assert mfo.rows(sql, "--demo", *PAST) == now
    replayed = mfo("load", "--demo", "--as-of", "2026-09-19", "--basis", "published")
    assert "warehouse.published-as-of-20260919T235959Z.duckdb" in replayed.err
    assert "(published, reconstructed), run replay-20260919T235959Z" in replayed.err
    newest = "select max(trade_date) as d from daily_metrics where symbol = 'SPY'"
    assert mfo.rows(newest, "--demo", "--as-of", "2026-09-19", "--basis", "published") == [{"d": "2026-09-18"}]


@pytest.mark.parametrize(
    ("arguments", "code", "line"),
    [
        (("load", "--demo", "--as-of", "2026-11-18"), 65, "nothing was published up to 2026-11-18T23:59:59"),
        (("load", "--demo", "--as-of", "2026-11-20", "--rebuild"), 2, "it goes without --rebuild"),
        (("load", "--demo", "--basis", "published"), 2, "--basis published replays an instant: give --as-of"),
        (("query", "--demo", "select 1", "--basis", "x"), 2, "--basis: 'x'; allowed: known, published"),
        (("query", "--demo", "--explain-source", "daily_metrics"), 2, "takes symbol trade_date and then a column"),
        (("query", "--demo", "--explain-source", "gaps", "--format", "xlsx"), 2, "allowed: table, csv, json, md"),
    ],
)
def test_what_is_not_allowed_is_said_in_one_line(demo: Demo, arguments: tuple[str, ...], code: int, line: str) -> None:
    """And nothing is written."""
    before = sorted(path.name for path in demo.folder.iterdir())
    said = demo.mfo(*arguments)
    assert (said.code, said.out) == (code, "")
    assert line in said.err
    assert said.err.count("\n") == 1
    assert sorted(path.name for path in demo.folder.iterdir()) == before


def test_a_figure_leads_to_bodies_that_are_on_disk(demo: Demo) -> None:
    """Rows on stdout, the counted answer and the defining file on stderr; each named body is there under its hash."""
    said = demo.mfo(
        "query", "--demo", "--explain-source", "daily_metrics SPY 2026-11-18 rsi14", "--format", "json"
    )  # fmt: skip
    assert said.code == 0, said.err
    rows = json.loads(said.out)
    assert {row["source"] for row in rows} == {"alpha_vantage", "yahoo"}
    assert [(demo.folder / row["body"]).is_file() for row in rows] == [True] * len(rows)
    explained, defined, shown = said.err.splitlines()
    assert explained.startswith("daily_metrics SPY 2026-11-18 rsi14 = ")
    assert explained.endswith("of 2 answers")
    assert defined == "defined in sql/indicators/rsi.sql, sql/marts/daily_metrics.sql"
    assert shown == "as of 2026-11-19T11:30:00Z, run 20261119T113000Z-1"


def test_maintain_names_what_rests_on_a_missing_answer(later: tuple[Mfo, Path]) -> None:
    """A sidecar and a body are gone: 65, and which figures they were for."""
    mfo, folder = later
    bars = mfo.rows("select sequence, source, sha256 from daily_prices where symbol = 'SPY' "
                    "order by trade_date desc limit 1", "--demo")[0]  # fmt: skip
    (folder / "lake" / bars["source"] / "bodies" / bars["sha256"][:2] / bars["sha256"]).unlink()
    (sidecar,) = folder.glob(f"lake/fred/answers/*/{_sequence_of_dgs10(mfo):09d}.json")
    sidecar.unlink()
    said = mfo("maintain", "--demo")
    assert said.code == 65
    assert re.search(r"\b1 of \d+ kept answers are broken", said.err)
    assert f"answer {bars['sequence']} ({bars['sha256']}): 100 of lake.bars, SPY 1d from" in said.err
    assert "of lake.observations, DGS10 from" in said.err


def _sequence_of_dgs10(mfo: Mfo) -> int:
    rows = mfo.rows("select max(sequence) as sequence from macro_daily where series_id = 'DGS10'", "--demo")
    return int(rows[0]["sequence"])


def test_a_sheet_and_a_file_hold_what_a_table_shows(demo: Demo) -> None:
    """A binary format of a query with instants of a time zone."""
    sql = "select timestamptz '2025-11-01 00:00:00Z' as x, 1 as n"
    for form in ("parquet", "xlsx"):
        said = subprocess.run(
            [str(MFO), "query", "--demo", sql, "--format", form], env=demo.mfo.env, capture_output=True, check=True
        )
        if form == "parquet":
            assert pq.read_table(io.BytesIO(said.stdout)).to_pylist()[0]["n"] == 1
        assert len(said.stdout) > 300
