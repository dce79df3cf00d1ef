"""From Python: what docs/as-of-and-lineage.md shows, run as it stands, and what a notebook must not be able to do."""

import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from etl.errors import NeverPublished, UsageWrong
from mfo import open_warehouse
from tests.conftest import Demo, Mfo
from tests.warehouse.publications import NOW, Publications

SHOWN = (Path(__file__).parents[2] / "docs" / "as-of-and-lineage.md").read_text(encoding="utf-8")
HEAVY = "{'duckdb', 'pandas', 'pyarrow', 'pydantic', 'httpx'}"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A data folder with one publication, named by the environment."""
    monkeypatch.chdir(tmp_path)
    made = Publications(tmp_path)
    made.bar(NOW.date() - timedelta(days=2), 100.0, NOW - timedelta(hours=20))
    made.publish(NOW, "run-1")
    monkeypatch.setenv("MFO_DATA_DIR", str(tmp_path))
    yield made
    made.close()


def test_the_lines_of_the_document_run_as_they_stand(demo: Demo) -> None:
    """Against a demo's warehouse: a pandas frame and an Arrow table with rows."""
    (code,) = re.findall(r"```python\n(.*?)```", SHOWN, re.DOTALL)
    shown = "print(len(frame), list(frame.columns), table.num_rows)"
    said = subprocess.run(
        [sys.executable, "-c", code + shown],
        env={**demo.mfo.env, "MFO_DATA_DIR": str(demo.folder)},
        capture_output=True,
        text=True,
        check=True,
    )
    count, rest = said.stdout.split(" ", 1)
    assert int(count) > 2000
    assert rest.startswith("['trade_date', 'close', 'rsi14'] ")


def test_importing_mfo_loads_nothing_heavy() -> None:
    """A notebook or a tool that only wants the version waits for nothing."""
    code = f"import sys, mfo; print(sorted({HEAVY} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_importing_mfo_names_the_file_that_hides_its_package(tmp_path: Path) -> None:
    """A notebook's own etl.py is found first: one line says which file, and that file is not run."""
    (tmp_path / "etl.py").write_text("print('run')\n")
    command = [sys.executable, "-c", "import mfo"]
    said = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert said.stdout == ""
    assert said.stderr.splitlines()[-1].startswith(f"ImportError: mfo: `import etl` finds {tmp_path / 'etl.py'}, not")


def test_a_notebook_cannot_write_the_warehouse(folder: Publications) -> None:
    """Neither its rows nor its tables; instants of a time zone need no pytz."""
    before = folder.warehouse.path.read_bytes()
    with open_warehouse() as con:
        for sql in ("delete from lake.bars", "create table marts.mine as select 1", "drop view marts.daily_prices"):
            with pytest.raises(duckdb.Error, match="read-only"):
                con.execute(sql)
        table = con.sql("select timestamptz '2025-01-01 02:00:00+02' as x").to_arrow_table()
        assert table.to_pylist() == [{"x": datetime(2025, 1, 1, tzinfo=UTC)}]
    assert folder.warehouse.path.read_bytes() == before


def test_opening_again_shows_what_was_published_since(folder: Publications, tmp_path: Path) -> None:
    """Also while the first connection is open, which stays as it was opened."""
    count = "select count(*) from daily_prices"
    first = open_warehouse()
    folder.bar(NOW.date() - timedelta(days=1), 101.0, NOW + timedelta(minutes=30))
    folder.publish(NOW + timedelta(hours=1), "run-2")
    second = open_warehouse(data_dir=tmp_path)
    then = open_warehouse(as_of=NOW)
    assert [con.execute(count).fetchall() for con in (first, second, then)] == [[(1,)], [(2,)], [(1,)]]
    replay = open_warehouse(as_of="2025-10-31", basis="published")
    assert replay.execute("select basis from lake.publication").fetchall() == [("published",)]
    for con in (first, second, then, replay):
        con.close()


def test_what_is_not_allowed_is_said(folder: Publications, mfo: Mfo) -> None:
    """As on the command line."""
    with pytest.raises(UsageWrong, match="allowed: known, published"):
        open_warehouse(basis="guessed")
    with pytest.raises(UsageWrong, match="give as_of"):
        open_warehouse(basis="published")
    with pytest.raises(UsageWrong, match="names no time zone"):
        open_warehouse(as_of=datetime(2025, 11, 1))  # noqa: DTZ001 - what is refused here
    with pytest.raises(NeverPublished):
        open_warehouse(as_of=datetime(2025, 10, 1, tzinfo=UTC))
    with pytest.raises(UsageWrong, match="is not there yet"):
        open_warehouse(data_dir=mfo.data_dir)
    assert not mfo.data_dir.exists()
