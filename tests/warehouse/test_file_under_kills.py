"""The warehouse while writers are killed and readers read: no reader fails, and what it sees is always whole."""

import os
import random
import signal
import subprocess
import sys
import threading
import time

import pytest

from etl.transform.parquet import Parquet
from tests.warehouse.warehouses import bar, warehouse_in, written

KILLS = 8
WRITE = """
import sys
from pathlib import Path
from tests.warehouse.warehouses import warehouse_in
folder = Path(sys.argv[1])
while True:
    with warehouse_in(folder).next_file() as file:
        last = file.con.execute("select coalesce(max(n), 0) from lake.pairs").fetchone()[0]
        print("working", flush=True)
        for side in (1, 2):  # two statements that belong together: a reader must never see one alone
            rows = [(last + 1, side, i, "x" * 200) for i in range(20)]
            file.con.executemany("insert into lake.pairs values (?, ?, ?, ?)", rows)
            file.con.execute("insert into lake.pairs select n, side, i + r, pad from lake.pairs, range(1, 100) t(r) "
                             "where n = ? and side = ?", [last + 1, side])
        file.publish()
    print("published", flush=True)
"""
COUNT = "select count(*), count(*) filter (side = 1), count(*) filter (side = 2), max(n) from lake.pairs"


@pytest.fixture
def folder(tmp_path):
    """A data folder with a first publication."""
    with warehouse_in(tmp_path).next_file() as file:
        file.con.execute("create schema marts")
        file.con.execute("create table lake.pairs (n integer, side integer, i integer, pad varchar)")
        file.publish()
    return tmp_path


def killed_writer(folder, after_s: float) -> int:
    """Start a writer, kill it so long after its first word; how often it published."""
    environment = {**os.environ, "PYTHONPATH": os.getcwd()}
    process = subprocess.Popen(
        [sys.executable, "-c", WRITE, str(folder)], stdout=subprocess.PIPE, text=True, env=environment
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "working\n"
    time.sleep(after_s)
    os.kill(process.pid, signal.SIGKILL)
    said, _ = process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL
    return said.count("published\n")


def reader(folder, stop: threading.Event, seen: list, failed: list) -> None:
    """Open, look and close in a loop, as `mfo query` does."""
    while not stop.is_set():
        process = subprocess.run(
            [sys.executable, "-c", READ, str(folder)], capture_output=True, text=True, env={**os.environ}, timeout=60
        )
        (seen if process.returncode == 0 else failed).append(process.stdout or process.stderr)


READ = f"""
import sys
from pathlib import Path
from etl.warehouse.file import Warehouse
warehouse = Warehouse(Path(sys.argv[1]) / "warehouse.duckdb", "")
for _ in range(30):
    con = warehouse.read()
    print(*con.execute({COUNT!r}).fetchone())
    con.close()
"""


def test_no_reader_fails_while_writers_are_killed(folder):
    """Killed at random moments, eight times: each look shows a whole publication, and the newest never goes back."""
    moments, stop = random.Random(20251101), threading.Event()
    seen: list[str] = []
    failed: list[str] = []
    threads = [threading.Thread(target=reader, args=(folder, stop, seen, failed)) for _ in range(2)]
    for thread in threads:
        thread.start()
    published = sum(killed_writer(folder, moments.uniform(0, 0.8)) for _ in range(KILLS))
    stop.set()
    for thread in threads:
        thread.join()
    assert failed == []
    looks = [line.split() for text in seen for line in text.splitlines()]
    assert len(looks) >= 60
    assert all(first == second and int(count) == 2 * int(first) for count, first, second, _ in looks)
    con = warehouse_in(folder).read()
    _, first, second, newest = con.execute(COUNT).fetchone()
    con.close()
    assert first == second == 2000 * (newest or 0)
    # a kill may come after the swap and before the word
    assert published <= (newest or 0) <= published + KILLS


def test_what_a_killed_writer_left_does_not_hinder_the_next_one(folder):
    """Its `.next` and `.next.wal` are of no use to anybody: the next writer begins with what was published."""
    left = []
    for _ in range(6):
        killed_writer(folder, 0.05)
        left += [path.name for path in folder.glob("warehouse.duckdb.next*")]
    assert "warehouse.duckdb.next" in left
    (folder / "warehouse.duckdb.next.wal").write_bytes(b"of another file")
    parquet = Parquet(folder / "parquet")
    with warehouse_in(folder).next_file() as file:
        assert file.add("bars", written(parquet, "bars", [bar(1.0, 1)], "v1-1")) == 1
        file.publish()
    assert sorted(path.name for path in folder.iterdir()) == ["parquet", "warehouse.duckdb"]


def test_a_reader_keeps_what_it_opened(folder):
    """A long query is answered from one publication, however many follow."""
    script = READ.replace("range(30)", "range(1)").replace(
        "con.close()", "input(); print(*con.execute('select max(n) from lake.pairs').fetchone()); con.close()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "0 0 0 None\n"
    with warehouse_in(folder).next_file() as file:
        file.con.execute("insert into lake.pairs values (7, 1, 1, 'x'), (7, 2, 1, 'x')")
        file.publish()
    said, _ = process.communicate("\n", timeout=30)
    assert said == "None\n"
    con = warehouse_in(folder).read()
    assert con.execute("select max(n) from lake.pairs").fetchone() == (7,)
    con.close()
