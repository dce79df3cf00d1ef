"""A user's own SQL: a block that cannot be read is the file's fault, a wrong word the user's."""

import hashlib
from pathlib import Path

import duckdb
import pytest

from etl.errors import DataWrong, LimitMet, UsageWrong
from etl.warehouse.file import Warehouse
from etl.warehouse.sandbox import Bounds, Sandbox
from tests.faults.test_readers_and_writers import BLOCK

BOUNDS = Bounds(60.0, "1GB")
BEYOND = [  # SQL that no statement of a user's may be, run past the parser's rule
    "attach '{path}' as other",
    "attach '{path}' as other (read_only)",
    "detach warehouse",
    "copy (select 1) to '{path}'",
    "copy (select 1) to '{path}.wal'",
    "copy lake.bars to '{path}.wal' (format parquet)",
    "export database '{path}.wal'",
    "from read_blob('{path}')",
    "from glob('{path}*')",
    "from '{path}'",
    "create table marts.t as select 1",
    "delete from lake.bars",
    "drop schema warehouse.marts cascade",
    "explain analyze delete from lake.bars",
    "install httpfs",
    "load httpfs",
    "set disabled_filesystems = ''",
    "set enable_external_access = true",
    "reset disabled_filesystems",
    "pragma enable_profiling = 'json'",
]
ROWS = "select max(hash(bars)) from lake.bars as bars"


@pytest.fixture
def spoiled(tmp_path: Path) -> Warehouse:
    """A published file that opens, and of which the middle cannot be read."""
    path = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(path)) as con:
        con.execute("create schema marts; create schema lake")
        con.execute("create table lake.bars as select range as i, hash(range) as h from range(500000)")
    with path.open("r+b") as handle:
        handle.seek(path.stat().st_size // BLOCK // 2 * BLOCK)
        handle.write(b"\xff" * BLOCK)
    return Warehouse(path, "")


def test_a_block_that_cannot_be_read_is_wrong_data_and_the_message_says_what_mends_it(spoiled: Warehouse) -> None:
    """65, in one line; what needs no such block is answered still."""
    con = spoiled.read()
    guard = Sandbox(con, BOUNDS, "query")
    assert guard.over(lambda: con.execute("select 1").fetchall()) == [(1,)]
    with pytest.raises(DataWrong, match=r"query: the warehouse cannot be read \(.*`mfo load --rebuild` makes it anew"):
        guard.over(lambda: con.execute(ROWS).fetchall())


@pytest.mark.parametrize("sql", BEYOND)
def test_the_connection_itself_writes_nothing_and_reaches_no_file(spoiled: Warehouse, sql: str) -> None:
    """The second rule alone: even a statement that the parser's rule refuses changes no file and reads none."""
    path, before = spoiled.path, hashed(spoiled.path.parent)
    con = spoiled.read()
    guard = Sandbox(con, BOUNDS, "query")
    with pytest.raises(UsageWrong, match="query: "):
        guard.over(lambda: con.execute(sql.format(path=path)).fetchall())
    con.close()
    assert hashed(path.parent) == before


def test_the_warehouse_detached_cannot_be_attached_again(spoiled: Warehouse) -> None:
    """As the first step of what destroyed it: the file is out of reach even where it is no longer open."""
    con, before = spoiled.read(), hashed(spoiled.path.parent)
    guard = Sandbox(con, BOUNDS, "query")
    guard.over(lambda: con.execute("use memory; detach warehouse"))
    with pytest.raises(UsageWrong, match="disabled by configuration"):
        guard.over(lambda: con.execute(f"attach '{spoiled.path}' as warehouse"))
    con.close()
    assert hashed(spoiled.path.parent) == before


def hashed(folder: Path) -> dict[str, str]:
    """The sha256 of every file of a folder."""
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


@pytest.mark.parametrize(
    "sql",
    [
        "select checksum(1)",
        "select 'Corrupt'::integer",
        "select error('Corrupt database file')",
        "select * from read_csv('/tmp/corrupt.csv')",
        'select "version number"',
    ],
)
def test_words_of_the_users_that_sound_like_a_broken_file_are_still_the_users(spoiled: Warehouse, sql: str) -> None:
    """2: the file is not to blame."""
    con = spoiled.read()
    with pytest.raises(UsageWrong, match="query: "):
        Sandbox(con, BOUNDS, "query").over(lambda: con.execute(sql).fetchall())


def test_time_counts_over_all_work_of_one_guard_and_the_next_one_has_its_own(spoiled: Warehouse) -> None:
    """Half a second in portions; what is done between them costs nothing."""
    con = spoiled.read()
    bounds, slow = Bounds(0.5, "1GB"), "select count(*) from range(1000000000000) as t(i) where i % 7 = 3"
    guard = Sandbox(con, bounds, "hypothesis")
    guard.over(lambda: con.execute("select 1").fetchall())
    with pytest.raises(LimitMet, match=r"hypothesis: stopped after 0.5 s; \[query\] timeout_s allows more"):
        guard.over(lambda: con.execute(slow).fetchall())
    with pytest.raises(LimitMet):
        guard.over(lambda: con.execute("select 1 from range(10000000)").fetchall())
    assert Sandbox(con, bounds, "hypothesis").over(lambda: con.execute("select 1").fetchall()) == [(1,)]
