"""Typed rows as Parquet: the lake's own columns, whole files only, older parsers' files dropped."""

import os
import re
import threading
from datetime import date, datetime
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from etl.errors import FolderUnusable
from etl.transform.compaction import drop
from etl.transform.parquet import ARROW_SCHEMAS, Parquet

LAKE_SQL = Path(__file__).parents[2] / "sql" / "lake.sql"
AT = datetime(2025, 11, 1, 3, 43)  # noqa: DTZ001 - the lake's own form, meaning UTC
ROW = {
    "series_id": "DGS10",
    "date": date(2025, 10, 30),
    "value": 4.1,
    "source": "fred",
    "sequence": 1,
    "fetched_at": AT,
    "published_at": AT,
    "vintage_date": None,
    "sha256": "ab",
}


@pytest.fixture
def parquet(tmp_path):
    """An empty Parquet folder."""
    return Parquet(tmp_path / "parquet")


def columns_of(table: str) -> list[str]:
    """The columns of a table of sql/lake.sql, in order."""
    text = LAKE_SQL.read_text()
    (body,) = re.findall(rf"create table if not exists lake\.{table} \((.*?)\);", text, re.DOTALL)
    return [column.split()[0].strip('"') for column in body.split(",")]


@pytest.mark.parametrize("relation", list(ARROW_SCHEMAS))
def test_every_schema_has_the_columns_of_the_lake(relation):
    """Parquet is loaded by name: a column that one side misses would come as NULL, in silence."""
    assert sorted(ARROW_SCHEMAS[relation].names) == sorted(columns_of(relation))


def test_rows_come_back_with_their_types(parquet):
    """Also a NULL, which alone would have no type."""
    path = parquet.write("observations", "fred", "v1-000000001-000000001", [ROW])
    table = pq.read_table(path)
    assert table.to_pylist() == [ROW]
    assert table.schema.equals(ARROW_SCHEMAS["observations"])


def test_figures_and_instants_come_back_to_the_last_bit(parquet):
    """As pyarrow and DuckDB read them: the layout that is quick to write loses nothing, signs and holes included."""
    values = [0.1, -0.0, 1e-300, 1e300, None, 2 / 3, 110161.78, -5.0]
    rows = [{**ROW, "value": value, "sequence": i * 10**12 - 3} for i, value in enumerate(values)]
    path = parquet.write("observations", "fred", "v1-1-8", rows)
    assert [str(row) for row in pq.read_table(path).to_pylist()] == [str(row) for row in rows]
    with duckdb.connect() as con:
        found = con.execute("select value, sequence, fetched_at from read_parquet(?)", [str(path)]).fetchall()
    assert [str(row) for row in found] == [str((row["value"], row["sequence"], AT)) for row in rows]


def test_the_same_batch_again_replaces_its_file(parquet):
    """A transform that was killed after writing writes the same file."""
    for value in (1.0, 2.0):
        parquet.write("observations", "fred", "v1-1-1", [{**ROW, "value": value}])
    (path,) = parquet.files("observations")
    assert pq.read_table(path).column("value").to_pylist() == [2.0]
    assert parquet.name_of(path) == "observations/fred/v1-1-1.parquet"


def test_an_unfinished_file_is_in_no_listing(parquet, tmp_path):
    """What a kill cut short would break every glob."""
    parquet.write("observations", "fred", "v1-1-1", [ROW])
    (tmp_path / "parquet/observations/fred/.v1-2-2.parquet.1-2.part").write_bytes(b"PAR1")
    assert len(parquet.files("observations")) == 1


def test_older_parsers_files_are_dropped_by_source(parquet):
    """`v1-` is not `v11-`, and another source's files stay."""
    for source, stem in (("fred", "v1-1-1"), ("fred", "v11-1-1"), ("fred", "v2-1-1"), ("yahoo", "v1-1-1")):
        parquet.write("observations", source, stem, [ROW])
    drop(parquet, parquet.of_other_versions("fred", 1))
    assert [path.parent.name + "/" + path.stem for path in parquet.files("observations")] == [
        *("fred/v1-1-1", "yahoo/v1-1-1")
    ]


def test_clearing_deletes_every_file(parquet):
    """All of it is made again from the raw lake."""
    parquet.write("observations", "fred", "v1-1-1", [ROW])
    drop(parquet, parquet.everything())
    assert [path for relation in parquet.relations() for path in parquet.files(relation)] == []


def test_a_full_disk_is_said_and_leaves_no_half_file(parquet, tmp_path):
    """`/dev/full` refuses every byte as a full disk does."""
    folder = tmp_path / "parquet/observations/fred"
    folder.mkdir(parents=True)
    (folder / f".v1-1-1.parquet.{os.getpid()}-{threading.get_ident()}.part").symlink_to("/dev/full")
    with pytest.raises(FolderUnusable, match="the disk is full"):
        parquet.write("observations", "fred", "v1-1-1", [ROW])
    assert list(folder.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_said(tmp_path):
    """A file stands in its place."""
    (tmp_path / "parquet").write_bytes(b"")
    with pytest.raises(FolderUnusable, match="cannot be written"):
        Parquet(tmp_path / "parquet").write("observations", "fred", "v1-1-1", [ROW])
