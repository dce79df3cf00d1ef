"""Another version of mfo: what it wrote is taken over or refused in one line, and no figure and no past is lost."""

import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import pytest

from etl.warehouse.file import WAREHOUSE_VERSION
from tests.conftest import DEMO_NOW, Demo, Mfo, files_of
from tests.house import ROOT

RELEASE_BEFORE = "7a11493"  # wrote schema 4: notes do not say why the rules wrote them
LATER = "2026-11-20T11:30:00+00:00"
FIGURES = "select symbol, trade_date, close, round(rsi14, 6) as rsi14 from daily_metrics order by all"


def as_the_version_before_left_it(folder: Path) -> None:
    """The schema of before: its number, and tables where there are views now."""
    with duckdb.connect(str(folder / "warehouse.duckdb")) as con:
        con.execute("update main.schema_version set version = ?", [WAREHOUSE_VERSION - 1])
        for view in ("marts.daily_metrics", "marts.hourly_metrics", "aggregates.closes_elsewhere"):
            con.execute(f"create table aside as from {view}")
            con.execute(f"drop view {view}")
            con.execute(f"create table {view} as from aside")
            con.execute("drop table aside")
    with sqlite3.connect(folder / "state.db") as db:
        db.execute("drop table stopped_checks")
        db.execute("pragma user_version = 0")
    db.close()


@pytest.fixture
def older(demo: Demo, tmp_path: Path) -> tuple[Mfo, Path]:
    """The demo's data folder as the version before would have left it."""
    root = tmp_path / "data-demo"
    shutil.copytree(demo.folder, root)
    as_the_version_before_left_it(root)
    return Mfo(tmp_path / "data", {"MFO_NOW": LATER}), root


def history(mfo: Mfo) -> list[dict[str, Any]]:
    """What Parquet does not hold."""
    return mfo.rows(
        "select 'run' as what, run_id as name from lake.runs union all select 'request', sequence::varchar from "
        "lake.requests union all select 'publication', run_id from lake.publications order by all",
        "--demo",
    )


def assert_is_rebuilt(mfo: Mfo, root: Path, site: dict[str, bytes] | None) -> None:
    """Refused until `load`; then the same figures, the history, and the look at the past."""
    before, figures = history(mfo), mfo.rows(FIGURES, "--demo")
    for as_of in ((), ("--as-of", DEMO_NOW)):
        said = mfo("export", "--demo", *as_of, "--out", str(root / "out"))
        assert said.code == 65
        assert "was written by another version of mfo (schema " in said.err
        assert "`mfo load` makes it anew from Parquet" in said.err
        assert not (root / "out").exists()
    said = mfo("load", "--demo")
    assert said.code == 0, said.err
    assert mfo.rows("select version from main.schema_version", "--demo") == [{"version": WAREHOUSE_VERSION}]
    assert mfo.rows(FIGURES, "--demo") == figures
    assert [row for row in before if row not in history(mfo)] == []
    assert mfo("export", "--demo", "--as-of", DEMO_NOW, "--out", str(root / "out")).code == 0
    if site is not None:
        assert files_of(root / "out") == site


@pytest.mark.timeout(600)  # as below
def test_a_warehouse_of_the_version_before_is_rebuilt_from_parquet(older: tuple[Mfo, Path], demo: Demo) -> None:
    """Its schema number and tables; the site of then is byte for byte what it was."""
    assert_is_rebuilt(*older, files_of(demo.folder / "site"))


@pytest.mark.timeout(600)  # eight commands, on a machine that may be busy
@pytest.mark.soak
def test_a_data_folder_that_the_release_before_wrote_is_taken_over(tmp_path: Path) -> None:
    """The release's own code writes it, from the history of this repository."""
    asked = ("git", "-C", str(ROOT), "archive", "--format=tar", RELEASE_BEFORE)
    packed = subprocess.run(asked, capture_output=True, check=False)
    if packed.returncode:
        pytest.skip(f"this clone does not have the commit {RELEASE_BEFORE}")
    code = tmp_path / "release"
    code.mkdir()
    subprocess.run(("tar", "-x", "-C", str(code)), input=packed.stdout, check=True)
    mfo = Mfo(tmp_path / "data", {"MFO_NOW": DEMO_NOW})
    env = {**mfo.env, "PYTHONPATH": str(code)}
    wrote = subprocess.run(
        (sys.executable, "-c", "import cli, sys; sys.argv[1:] = ['run-daily', '--demo']; cli.main()"),
        env=env, cwd=code, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert wrote.returncode == 0, wrote.stderr
    root = tmp_path / "data-demo"
    with duckdb.connect(str(root / "warehouse.duckdb"), read_only=True) as con:
        assert con.execute("select version from schema_version").fetchone() == (WAREHOUSE_VERSION - 1,)
    mfo.env["MFO_NOW"] = LATER
    assert_is_rebuilt(mfo, root, None)
    assert mfo("run-daily", "--demo").code == 0
    assert mfo("maintain", "--demo").code == 0


def test_a_state_of_the_version_before_gains_what_it_lacks(older: tuple[Mfo, Path]) -> None:
    """Its rows stay: what was spent today is spent."""
    mfo, root = older
    with sqlite3.connect(root / "state.db") as db:
        (before,) = db.execute("select count(*) from requests").fetchone()
    db.close()
    assert mfo("status", "--demo").code == 0
    with sqlite3.connect(root / "state.db") as db:
        assert db.execute("pragma user_version").fetchone() == (1,)
        assert db.execute("select count(*) from stopped_checks").fetchone() == (0,)
        assert db.execute("select count(*) from requests").fetchone() == (before,)
    db.close()


def test_a_state_of_a_newer_version_is_refused(older: tuple[Mfo, Path]) -> None:
    """Nothing is written into it: 65, one line."""
    mfo, root = older
    with sqlite3.connect(root / "state.db") as db:
        db.execute("pragma user_version = 99")
    db.close()
    said = mfo("run-daily", "--demo")
    assert said.code == 65
    assert "state.db was written by a newer version of mfo (version 99, this one knows 1)" in said.err
    with sqlite3.connect(root / "state.db") as db:
        assert db.execute("select name from sqlite_master where name = 'stopped_checks'").fetchall() == []
    db.close()
