"""The warehouse: versions only where a value is new or changed, and a next file that is swapped in whole."""

import os
import shutil
from contextlib import closing

import duckdb
import pytest

from etl.errors import DataWrong, FolderUnusable, UsageWrong
from etl.transform.parquet import Parquet
from etl.warehouse import file as module
from tests.warehouse.warehouses import LAKE_SQL, at, bar, held_open, level, observation, versions, warehouse_in, written


@pytest.fixture
def warehouse(tmp_path):
    """A data folder's warehouse, nothing published."""
    return warehouse_in(tmp_path)


@pytest.fixture
def parquet(tmp_path):
    """Its Parquet."""
    return Parquet(tmp_path / "parquet")


@pytest.fixture
def file(warehouse):
    """A next file."""
    with warehouse.next_file() as opened:
        yield opened


def published(warehouse, parquet, rows, stem):
    """Add rows and publish."""
    with warehouse.next_file() as file:
        added = file.add("bars", written(parquet, "bars", rows, stem))
        file.con.execute("create schema if not exists marts")
        file.publish()
    return added


def names(folder):
    """What lies in the data folder, Parquet aside."""
    return sorted(path.name for path in folder.iterdir() if path.name != "parquet")


# the version rule


@pytest.mark.parametrize(
    ("closes", "kept"),
    [
        pytest.param([1.0], [1.0], id="new"),
        pytest.param([1.0, 1.0], [1.0], id="unchanged"),
        pytest.param([1.0, 2.0], [1.0, 2.0], id="changed"),
        pytest.param([1.0, 2.0, 2.0, 1.0, 1.0], [1.0, 2.0, 1.0], id="back again"),
        pytest.param([None, None, 1.0, None], [None, 1.0, None], id="missing and there again"),
    ],
)
@pytest.mark.parametrize("at_once", [True, False], ids=["in one load", "load by load"])
def test_a_value_is_a_version_when_it_is_new_or_changed(file, parquet, closes, kept, at_once):
    """However the answers are spread over loads: a rebuild from Parquet gives the same versions."""
    rows = [bar(close, sequence) for sequence, close in enumerate(closes, start=1)]
    batches = [rows] if at_once else [[row] for row in rows]
    added = sum(file.add("bars", written(parquet, "bars", b, f"v1-{i}-{i}")) for i, b in enumerate(batches))
    assert versions(file, "bars", "close") == kept
    assert added == len(kept)


def test_any_field_makes_a_version(file, parquet):
    """A bar that became final, a volume that was corrected, another adjustment."""
    changes = [{}, {"is_final": False}, {"volume": 8.0}, {"adjustment": "split"}, {"trades": 4}, {"trades": 4}]
    rows = [bar(1.0, sequence, **change) for sequence, change in enumerate(changes, start=1)]
    assert file.add("bars", written(parquet, "bars", rows, "v1-1-6")) == 5


def test_answers_of_one_instant_are_versions_in_the_order_of_their_asking(file, parquet):
    """Under MFO_NOW every answer has the same `fetched_at`."""
    for sequence, close in enumerate([1.0, 2.0, 1.0], start=1):
        file.add("bars", written(parquet, "bars", [bar(close, sequence, fetched_at=at())], f"v1-{sequence}"))
    assert versions(file, "bars", "close") == [1.0, 2.0, 1.0]


def test_two_sources_are_apart(file, parquet):
    """A stand-in's equal value is a version of its own, and its other value changes nothing of the first source's."""
    for sequence, (source, close) in enumerate(
        [("alpha_vantage", 1.0), ("yahoo", 1.0), ("yahoo", 2.0), ("alpha_vantage", 1.0)], start=1
    ):
        file.add("bars", written(parquet, "bars", [bar(close, sequence, source=source)], f"v1-{sequence}"))
    assert versions(file, "bars", "source") == ["alpha_vantage", "yahoo", "yahoo"]


def test_vintages_are_apart_and_none_is_a_vintage_too(file, parquet):
    """Rows without a vintage are one key, not each its own because NULL equals nothing."""
    for sequence, (value, vintage) in enumerate([(4.0, None), (4.0, None), (4.0, at()), (4.1, None)], start=1):
        row = observation(value, sequence, vintage_date=vintage.date() if vintage else None)
        file.add("observations", written(parquet, "observations", [row], f"v1-{sequence}"))
    assert versions(file, "observations", "value") == [4.0, 4.0, 4.1]


def test_the_same_file_twice_adds_nothing(file, parquet):
    """A load that was killed before its swap loads it again."""
    files = written(parquet, "bars", [bar(1.0, 1), bar(2.0, 2)], "v1-1-2")
    assert [file.add("bars", files), file.add("bars", files)] == [2, 0]
    assert file.loaded_files() == {"bars/alpha_vantage/v1-1-2.parquet"}


def test_an_answer_that_two_files_hold_is_added_once(file, parquet):
    """A transform that was killed between writing and noting writes a longer batch beside the first one."""
    both = written(parquet, "book_levels", [level(1), level(1, 2)], "v1-1-1")
    both += written(parquet, "book_levels", [level(1), level(1, 2), level(2)], "v1-1-2")
    assert file.add("book_levels", both) == 3
    twice = written(parquet, "bars", [bar(1.0, 1)], "v1-1-1")
    twice += written(parquet, "bars", [bar(1.0, 1), bar(1.0, 2)], "v1-1-2")
    assert file.add("bars", twice) == 1


def test_a_document_of_this_run_is_not_doubled_by_its_parquet(file, parquet):
    """The note stands in the next file before transform reads it."""
    note = {"note_id": "n1", "sequence": 5, "fetched_at": at(), "sha256": "x"}
    file.append("notes", [note])
    assert file.add("notes", written(parquet, "notes", [note], "v1-5-5")) == 0


# the swap


def test_nothing_is_published_unless_it_is_said(warehouse, parquet, tmp_path):
    """A failed check, an error, Ctrl-C: the next file is deleted and what was published stands."""
    published(warehouse, parquet, [bar(1.0, 1)], "v1-1")
    before = warehouse.path.read_bytes()
    with warehouse.next_file() as file:
        file.add("bars", written(parquet, "bars", [bar(2.0, 2)], "v1-2"))
    with pytest.raises(KeyboardInterrupt), warehouse.next_file():
        raise KeyboardInterrupt
    assert warehouse.path.read_bytes() == before
    assert names(tmp_path) == ["warehouse.duckdb"]


def test_a_publication_swaps_the_file_and_leaves_nothing_beside_it(warehouse, parquet, tmp_path):
    """Each next file begins with what was published."""
    assert not warehouse.exists()
    assert published(warehouse, parquet, [bar(1.0, 1)], "v1-1") == 1
    assert published(warehouse, parquet, [bar(2.0, 2)], "v1-2") == 1
    con = warehouse.read()
    assert con.execute("select close from lake.bars order by 1").fetchall() == [(1.0,), (2.0,)]
    con.close()
    assert names(tmp_path) == ["warehouse.duckdb"]


def test_a_reader_cannot_write(warehouse, parquet):
    """The published file is never changed in place."""
    published(warehouse, parquet, [bar(1.0, 1)], "v1-1")
    con = warehouse.read()
    with pytest.raises(duckdb.Error, match="read-only"):
        con.execute("delete from lake.bars")
    con.close()


def test_a_fresh_next_file_is_empty(warehouse, parquet):
    """`load --rebuild`: from Parquet alone."""
    published(warehouse, parquet, [bar(1.0, 1)], "v1-1")
    with warehouse.next_file(fresh=True) as file:
        assert versions(file, "bars", "close") == []
        assert file.loaded_files() == set()


def test_another_schema_version_is_built_anew(warehouse, parquet, monkeypatch):
    """After an upgrade the tables of sql/lake.sql may differ: the old file's rows come again from Parquet."""
    published(warehouse, parquet, [bar(1.0, 1)], "v1-1")
    monkeypatch.setattr(module, "WAREHOUSE_VERSION", module.WAREHOUSE_VERSION + 1)
    with warehouse.next_file() as file:
        assert file.loaded_files() == set()
        assert versions(file, "bars", "close") == []
        file.publish()
    with warehouse.next_file() as file:
        assert file.con.execute("select version from schema_version").fetchall() == [(module.WAREHOUSE_VERSION,)]


def test_every_published_file_opens_in_duckdb_1_2(warehouse, parquet, tmp_path):
    """The first file, the next one, and a copy for a look at the past: each in the storage version of DuckDB 1.2."""
    published(warehouse, parquet, [bar(1.0, 1)], "v1-1")
    with duckdb.connect(str(warehouse.path), read_only=True) as con:
        first = _storage_version(con)
    published(warehouse, parquet, [bar(2.0, 2)], "v1-2")
    with warehouse.copied_to(tmp_path / "copy", tmp_path / "target") as file:
        file.publish()
    with duckdb.connect(str(warehouse.path), read_only=True) as con:
        following = _storage_version(con)
    with duckdb.connect(str(tmp_path / "target"), read_only=True) as con:
        assert (first, following, _storage_version(con)) == ("v1.2.0+", "v1.2.0+", "v1.2.0+")


def _storage_version(con):
    """As DuckDB tells it of the file that was opened."""
    return con.execute("select tags['storage_version'] from duckdb_databases() where not internal").fetchone()[0]


def test_a_file_that_another_program_holds_is_read_and_replaced(warehouse, parquet, tmp_path):
    """Readers see what was published, a file built anew takes over what Parquet does not hold, and it is swapped in."""
    with warehouse.next_file() as file:
        file.con.execute("create schema marts; insert into lake.publications by name select 'run-1' as run_id")
        file.publish()
    with held_open(warehouse.path):
        with closing(warehouse.read()) as con:
            assert con.execute("select run_id from lake.publications").fetchall() == [("run-1",)]
        with warehouse.next_file(fresh=True) as file:
            assert file.con.execute("select run_id from lake.publications").fetchall() == [("run-1",)]
            file.add("bars", written(parquet, "bars", [bar(1.0, 1)], "v1-1"))
            file.con.execute("create schema marts")
            file.publish()
        with closing(warehouse.read()) as con:
            assert con.execute("select close from lake.bars").fetchall() == [(1.0,)]
    assert names(tmp_path) == ["warehouse.duckdb"]


def test_left_overs_of_a_killed_writer_are_deleted_first(warehouse, parquet, tmp_path):
    """Its write-ahead log too: DuckDB would replay it into another file, or refuse that file."""
    published(warehouse, parquet, [bar(1.0, 1)], "v1-1")
    (tmp_path / "warehouse.duckdb.next").write_bytes(b"half a file")
    (tmp_path / "warehouse.duckdb.next.wal").write_bytes(b"half a log")
    with warehouse.next_file() as file:
        assert versions(file, "bars", "close") == [1.0]
        file.publish()
    assert names(tmp_path) == ["warehouse.duckdb"]


def test_reading_before_the_first_publication_says_what_to_run(warehouse):
    """Usage, not a traceback."""
    with pytest.raises(UsageWrong, match="mfo run-daily"):
        warehouse.read()
    with pytest.raises(UsageWrong, match="mfo run-daily"), _copy(warehouse):
        pytest.fail("there is nothing to copy")


def _copy(warehouse):
    return warehouse.copied_to(warehouse.path.with_name("copy"), warehouse.path.with_name("target"))


def test_a_published_file_that_is_none_is_said(warehouse):
    """It cannot be read (65); it can be built again, and the message says how."""
    warehouse.path.write_bytes(b"not a database " * 1000)
    with pytest.raises(DataWrong, match="`mfo load` sets it aside"):
        warehouse.read()
    with pytest.raises(DataWrong, match="`mfo load` sets it aside"), warehouse.next_file():
        pytest.fail("opened garbage")
    with warehouse.next_file(fresh=True) as file:
        assert file.loaded_files() == set()


def test_a_full_disk_while_copying_leaves_what_was_published(warehouse, parquet, tmp_path, monkeypatch):
    """73, and nothing half beside it."""
    published(warehouse, parquet, [bar(1.0, 1)], "v1-1")
    before = warehouse.path.read_bytes()

    def full(_source, target):
        target.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(shutil, "copyfile", full)
    with pytest.raises(FolderUnusable, match="the disk is full"), warehouse.next_file():
        pytest.fail("the copy is not whole")
    assert warehouse.path.read_bytes() == before
    assert names(tmp_path) == ["warehouse.duckdb"]


def test_a_full_disk_at_the_swap_leaves_what_was_published(warehouse, parquet, tmp_path, monkeypatch):
    """A file system may say so only when it is asked to write through."""
    published(warehouse, parquet, [bar(1.0, 1)], "v1-1")

    def full(_descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(FolderUnusable, match="the disk is full"):
        published(warehouse, parquet, [bar(2.0, 2)], "v1-2")
    con = warehouse.read()
    assert con.execute("select close from lake.bars").fetchall() == [(1.0,)]
    con.close()
    assert names(tmp_path) == ["warehouse.duckdb"]


def test_duckdbs_own_full_disk_is_in_our_words(tmp_path):
    """What it says of a file that it cannot write."""
    error = duckdb.IOException('Could not write file "x": No space left on device\nand more')
    assert str(module.translated(error, tmp_path / "w")) == (
        f"{tmp_path}: the disk is full; what was published before stands"
    )


def test_the_lakes_tables_are_made_of_the_one_file_that_describes_them(file):
    """sql/lake.sql, and the list of what was loaded."""
    tables = file.con.execute("select table_name from duckdb_tables() where schema_name = 'lake'").fetchall()
    described = {line.split("lake.")[1].split()[0] for line in LAKE_SQL.splitlines() if line.startswith("create table")}
    assert {name for (name,) in tables} == described | {"loaded_files"}
