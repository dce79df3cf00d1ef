"""Real runs that are killed, that meet each other or a file that nobody can read, while readers read all the time."""

import json
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from tests.conftest import Mfo, Upstream, files_of
from tests.faults.folders import NOW, SmallFolder
from tests.warehouse.warehouses import held_open

CONFIG = """
[universe]
stocks = []
series = ["SP500"]
[universe.regions]
USA = ["SPY"]
[universe.asset_classes]
Crypto = ["BTCUSDT"]
Cash = ["BIL"]
"""
LOCKED = 75
BLOCK = 262_144  # of a DuckDB file
# What one publication says of itself in relations of several layers, all of which it made or copied anew.
ONE_STATE = """
select run_id, as_of::varchar, [
    (select last(run_id order by as_of, rowid) from lake.publications) = run_id,
    (select count(*) from marts.etl_runs where etl_runs.run_id = publication.run_id) = 1,
    (select count(*) > 50 and bool_and(known_at = as_of) from lake.check_results
     where check_results.run_id = publication.run_id),
    (select bool_and(known_at = as_of) from staging.sessions),
    (select bool_and(known_at = as_of) from marts.instruments),
    (select bool_and(known_at = as_of) from marts.indicators),
    (select max(known_at) <= as_of from marts.daily_metrics),
    (select count(*) from marts.daily_prices) = (select count(*) from aggregates.bars_daily),
] from lake.publication
"""
READ = f"""
import json, sys, time
from pathlib import Path
from etl.warehouse.file import Warehouse
warehouse = Warehouse(Path(sys.argv[1]) / "warehouse.duckdb", "")
while True:
    con = warehouse.read()
    print(json.dumps(con.execute({ONE_STATE!r}).fetchall()), flush=True)
    con.close()
    time.sleep(0.02)
"""


@pytest.fixture(scope="module")
def published(running: Upstream, base_urls: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> SmallFolder:
    """One evening's run."""
    running.faults()
    running.now(NOW)
    folder = SmallFolder(tmp_path_factory.mktemp("published") / "data", base_urls)
    assert folder.daily() == 0, folder.said
    return folder


@pytest.fixture
def mfo(published: SmallFolder, tmp_path: Path) -> Mfo:
    """`mfo` on a copy of it; nothing is asked of anybody."""
    shutil.copytree(published.root, tmp_path / "data")
    (tmp_path / "mfo.toml").write_text(CONFIG)
    return Mfo(tmp_path / "data", {"MFO_CONFIG": str(tmp_path / "mfo.toml"), "MFO_NOW": NOW})


@pytest.fixture
def today(published: SmallFolder, tmp_path: Path) -> SmallFolder:
    """The same copy in this process, where the stand-in answers."""
    shutil.copytree(published.root, tmp_path / "data")
    return SmallFolder(tmp_path / "data", published.base_urls)


def later(minutes: int) -> str:
    """An instant after the first run."""
    return (datetime.fromisoformat(NOW) + timedelta(minutes=minutes)).isoformat()


class Readers:
    """Processes that open, look and close until the end; what they saw, and what they complained of."""

    def __init__(self, data_dir: Path, count: int = 2) -> None:
        self._running = [
            subprocess.Popen(
                [sys.executable, "-c", READ, str(data_dir)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
            )
            for _ in range(count)
        ]
        self.said: list[list[str]] = [[] for _ in self._running]
        self._threads = [
            threading.Thread(target=lambda p=process, lines=lines: lines.extend(p.stdout))  # type: ignore[misc]  # a list of lines
            for process, lines in zip(self._running, self.said, strict=True)
        ]
        for thread in self._threads:
            thread.start()

    def ended(self) -> tuple[list[list[tuple[str, str, list[bool]]]], list[str]]:
        """(what each saw, the complaints)."""
        alive = [process.poll() is None for process in self._running]
        for process, thread in zip(self._running, self._threads, strict=True):
            process.terminate()
            process.wait(30)
            thread.join()
        complaints = [process.stderr.read() for process in self._running if process.stderr]
        for process in self._running:
            for stream in (process.stdout, process.stderr):
                assert stream is not None
                stream.close()
        seen = [[tuple(json.loads(line)[0]) for line in lines if line.endswith("\n")] for lines in self.said]
        return seen, complaints if not all(alive) else []


def assert_whole(seen: list[list[tuple[str, str, list[bool]]]], looks: int) -> None:
    """Every look was of one publication, and none went back."""
    assert sum(map(len, seen)) >= looks
    assert [look for one in seen for look in one if not all(look[2])] == []
    for one in seen:
        assert [look[1] for look in one] == sorted(look[1] for look in one)


@pytest.mark.parametrize("kills", [3, pytest.param(60, marks=pytest.mark.soak)], ids=["a sample", "the whole soak"])
def test_readers_see_whole_publications_while_writers_are_killed(mfo: Mfo, kills: int) -> None:
    """kill -9 at random moments of `mfo load`: no reader fails, none sees two runs at once; then a load completes."""
    chance = random.Random(20251101)
    assert mfo("load", MFO_NOW=later(1)).code == 0
    readers = Readers(mfo.data_dir)
    for kill in range(kills):
        process = mfo.start("load", MFO_NOW=later(2 + kill))
        time.sleep(chance.uniform(0.2, 5.0))
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=60)
    said = mfo("load", MFO_NOW=later(1000))
    time.sleep(0.5)
    seen, complaints = readers.ended()
    assert said.code == 0, said.err
    assert complaints == []
    assert_whole(seen, looks=2 * kills)
    assert {one[-1][1] for one in seen} == {later(1000).replace("T", " ").removesuffix("+00:00")}
    assert not list(mfo.data_dir.glob("warehouse.duckdb.*"))


@pytest.mark.timeout(1200)  # 25 rounds of three loads on a busy machine
@pytest.mark.parametrize("rounds", [2, pytest.param(25, marks=pytest.mark.soak)], ids=["a sample", "the whole soak"])
def test_of_writers_that_meet_one_writes_and_the_others_try_later(mfo: Mfo, rounds: int) -> None:
    """75 for all but the first, with its pid; what is published is one of theirs, whole."""
    readers = Readers(mfo.data_dir, 1)
    refused = 0
    for number in range(rounds):
        together = [mfo.start("load", MFO_NOW=later(number + 1)) for _ in range(3)]
        ended = [(process.communicate(timeout=200)[1], process.returncode) for process in together]
        assert {code for _, code in ended} <= {0, LOCKED}
        assert 0 in {code for _, code in ended}
        assert [err for err, code in ended if code == LOCKED and "another run holds" not in err] == []
        refused += sum(code == LOCKED for _, code in ended)
    seen, complaints = readers.ended()
    assert refused >= rounds
    assert complaints == []
    assert_whole(seen, looks=rounds)


def cut_short(path: Path) -> None:
    """A third of the file is there."""
    with path.open("r+b") as handle:
        handle.truncate(path.stat().st_size // 3)


def overwritten(path: Path) -> None:
    """The header is of something else."""
    path.write_bytes(b"not a database " * 5000)


def spoiled_inside(path: Path) -> None:
    """It opens, and rows of one of its blocks cannot be read."""
    whole = path.read_bytes()
    for place in range(BLOCK, len(whole) - BLOCK, BLOCK):
        with path.open("r+b") as handle:
            handle.seek(place)
            handle.write(b"\xff" * BLOCK)
        if fails_at(path) == "rows":
            return
        path.write_bytes(whole)
    pytest.fail("no block holds rows only")


def fails_at(path: Path) -> str:
    """Where reading the bars of a file ends: at opening it, at its rows, or not at all."""
    with duckdb.connect() as con:
        try:
            con.execute(f"attach '{path}' as opened (read_only)")
        except duckdb.Error:
            return "opening"
        try:
            con.execute("select max(hash(bars)) from opened.lake.bars as bars").fetchall()
        except duckdb.Error:
            return "rows"
    return ""


@pytest.mark.parametrize("harm", [cut_short, overwritten, spoiled_inside])
def test_an_unreadable_warehouse_is_set_aside_and_built_anew(
    harm: Callable[[Path], None], today: SmallFolder, upstream: Upstream, capfd: pytest.CaptureFixture[str]
) -> None:
    """One line says why and where it went; every figure is there again, from the lake."""
    before = files_of(today.root / "site")
    harm(today.root / "warehouse.duckdb")
    harmed = (today.root / "warehouse.duckdb").read_bytes()
    today.now = later(1)
    upstream.now(today.now)
    assert today.daily() == 0, today.said
    lines = [line for line in capfd.readouterr().err.splitlines() if "set aside" in line]
    assert len(lines) == 1
    assert "cannot be read (" in lines[0]
    assert "set aside as warehouse.duckdb.unreadable-20251101T034400Z, rebuilt from lake/" in lines[0]
    assert (today.root / "warehouse.duckdb.unreadable-20251101T034400Z").read_bytes() == harmed
    after = files_of(today.root / "site")
    prices = "data/parquet/asset_prices_latest.parquet"
    assert [name for name in before if name.startswith("data/candles/") and name not in after] == []
    assert len(after[prices]) == pytest.approx(len(before[prices]), rel=0.05)
    assert today.published("select count(*) from marts.daily_prices where symbol = 'SPY'")[0][0] > 60


def test_a_log_that_another_program_left_is_out_of_everybodys_way(
    today: SmallFolder, upstream: Upstream, capfd
) -> None:
    """A stale `.wal` would stop every reader of the next file: it is set aside, and what is published is readable."""
    other = today.root / "other.duckdb"
    writer = (
        f"import duckdb, os; con = duckdb.connect({str(other)!r}); con.execute('create table t (i int)'); os._exit(9)"
    )
    subprocess.run([sys.executable, "-c", writer], check=False)
    (today.root / "other.duckdb.wal").rename(today.root / "warehouse.duckdb.wal")
    other.unlink()
    with pytest.raises(duckdb.Error, match="WAL"):
        today.published("select 1")
    today.now = later(1)
    upstream.now(today.now)
    assert today.daily() == 0, today.said
    said = capfd.readouterr().err
    assert (
        "warehouse.duckdb.wal is of another program; set aside as warehouse.duckdb.wal.foreign-20251101T034400Z" in said
    )
    assert "cannot be read" not in said
    assert today.published("select count(*) > 0 from marts.daily_prices") == [(True,)]


@pytest.mark.parametrize(
    "command", [("load",), ("load", "--rebuild"), ("query", "select 1"), ("export",), ("status",), ("maintain",)]
)
def test_a_program_that_holds_the_file_stops_nothing(mfo: Mfo, command: tuple[str, ...]) -> None:
    """DBeaver or the duckdb command with the file open for writing: exit 0, and nothing of it is left."""
    with held_open(mfo.data_dir / "warehouse.duckdb"):
        said = mfo(*command, MFO_NOW=later(1))
    assert said.code == 0, said.err
    assert {path.name for path in mfo.data_dir.rglob("*warehouse.duckdb*")} == {"warehouse.duckdb"}


def test_a_reader_of_an_unreadable_file_is_told_what_mends_it(mfo: Mfo) -> None:
    """65 in one line, and what it says is true."""
    overwritten(mfo.data_dir / "warehouse.duckdb")
    said = mfo("query", "select 1")
    assert said.code == 65
    assert "`mfo load` sets it aside and makes it anew from Parquet" in said.err
    assert said.err.count("\n") == 1
    assert mfo("load").code == 0
    assert mfo("query", "select 1").code == 0
