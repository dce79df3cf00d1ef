"""Compaction: fewer files with the same rows, under the names that everything else knows, whenever it was killed."""

from operator import itemgetter

import pyarrow.parquet as pq
import pytest

from etl.transform import compaction
from etl.transform import parquet as parquet_store
from etl.transform.compaction import Compacted, compact, drop
from etl.transform.parquet import Parquet
from tests.warehouse.warehouses import bar, warehouse_in, written

SEQUENCE = itemgetter("sequence")


@pytest.fixture
def parquet(tmp_path):
    """Ten batches of one answer each and a source of its own; the seventh was read by the next parser version."""
    made = Parquet(tmp_path / "parquet")
    for sequence in range(1, 12):
        row = bar(100.0 + sequence, sequence, source="yahoo" if sequence == 11 else "alpha_vantage")
        written(made, "bars", [row], f"v{2 if sequence == 7 else 1}-{sequence:09d}-{sequence:09d}")
    return made


def rows_of(parquet):
    """Every row of every file that counts."""
    return [row for path in parquet.files("bars") for row in pq.read_table(path, partitioning=None).to_pylist()]


def test_small_files_become_one_and_keep_their_batches(parquet):
    """Of one relation, source and parser version; the rows are the same, and so are the names."""
    names, rows = parquet.names(), rows_of(parquet)
    assert compact(parquet, names) == Compacted(9, 1)
    assert [parquet.name_of(path) for path in parquet.files("bars")] == [
        "bars/alpha_vantage/v1-000000001-000000010.of-9.parquet",
        "bars/alpha_vantage/v2-000000007-000000007.parquet",
        "bars/yahoo/v1-000000011-000000011.parquet",
    ]
    assert parquet.names() == names
    assert sorted(rows_of(parquet), key=SEQUENCE) == sorted(rows, key=SEQUENCE)
    assert compact(parquet, names) == Compacted()


def test_what_is_not_loaded_yet_stays_a_file_of_its_own(parquet):
    """The next load brings it."""
    names = parquet.names()
    fresh = "bars/alpha_vantage/v1-000000010-000000010.parquet"
    assert compact(parquet, names - {fresh}) == Compacted(8, 1)
    assert fresh in {parquet.name_of(path) for path in parquet.files("bars")}
    assert compact(parquet, names) == Compacted(2, 1)
    assert parquet.names() == names


def test_merged_files_stay_below_their_ceiling(parquet, monkeypatch):
    """Four rows at most: nine files of one row become two of four, and one that has no neighbour left."""
    monkeypatch.setattr(compaction, "MERGED_ROWS", 4)
    assert compact(parquet, parquet.names()) == Compacted(8, 2)
    assert len(rows_of(parquet)) == 11


def test_a_kill_before_the_parts_are_gone_counts_no_row_twice(parquet, monkeypatch):
    """The merged file counts; the next time its parts are deleted."""
    names, rows = parquet.names(), rows_of(parquet)
    with monkeypatch.context() as patched:
        patched.setattr(parquet_store.Path, "unlink", lambda *_, **__: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            compact(parquet, names)
    assert len(list(parquet.files("bars")[0].parent.glob("*.parquet"))) == 11
    assert sorted(rows_of(parquet), key=SEQUENCE) == sorted(rows, key=SEQUENCE)
    assert parquet.names() == names
    assert compact(parquet, names) == Compacted()
    assert len(list(parquet.files("bars")[0].parent.glob("*.parquet"))) == 2


def test_a_rebuild_from_merged_files_is_the_same(parquet, tmp_path):
    """The rows of the lake, and what is noted as loaded; a load after it adds nothing."""
    found = []
    for _ in range(2):
        with warehouse_in(tmp_path).next_file(fresh=True) as file:
            file.add("bars", list(parquet.batches("bars").items()))
            rows = file.con.execute("select * from lake.bars order by all").fetchall()
            found.append((rows, file.loaded_files()))
        compact(parquet, parquet.names())
    assert found[0] == found[1]
    assert len(found[0][0]) == 11


def test_rows_that_cannot_be_read_again_go_on(parquet):
    """Answers whose bodies retention dropped: their rows leave the files that go, once; the others' go with them."""
    compact(parquet, parquet.names())
    merged = parquet.files("bars")[0]
    gone, left = drop(parquet, parquet.everything(), {2, 7})
    assert left == [
        "bars/alpha_vantage/kept-v1-000000001-000000010-of-9.parquet",
        "bars/alpha_vantage/kept-v2-000000007-000000007.parquet",
    ]
    assert len(gone) == 11
    assert not merged.exists()
    assert sorted(row["sequence"] for row in rows_of(parquet)) == [2, 7]
    assert drop(parquet, parquet.everything(), {2, 7}) == ([], left)
    assert compact(parquet, parquet.names()) == Compacted()
    assert drop(parquet, parquet.of_other_versions("alpha_vantage", 3), {2, 7}) == ([], [])
