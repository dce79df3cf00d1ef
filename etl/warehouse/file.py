"""
The warehouse: `warehouse.duckdb`, which readers open and nobody writes, and the next one beside it.

A writer copies the file to `warehouse.duckdb.next`, works there and renames it over the old one: readers keep the file
that they opened, a crash publishes nothing. Left-overs of a killed writer are deleted first, their `.wal` too, because
DuckDB refuses a file beside which a foreign `.wal` lies.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from etl.errors import DataWrong, UsageWrong
from etl.runtime.files import unusable
from etl.warehouse.duckdb_files import BROKEN, attach, copy_whole, delete, translated, wal_of

if TYPE_CHECKING:
    import duckdb

# of sql/lake.sql, of what is a view, of the storage and what the site reads; another one is built anew from Parquet
WAREHOUSE_VERSION = 5
STORAGE_VERSION = "v1.2.0"  # of every file that is published: DuckDB 1.2 and later open it

# what a load may hold in memory, however long the history: the rest of it goes beside the file for the moment
WRITER: dict[str, str | bool | int | float | list[str]] = {
    "storage_compatibility_version": STORAGE_VERSION,
    "memory_limit": "192MB",
    "threads": min(4, os.cpu_count() or 1),
}

# What Parquet does not hold: a file that is built anew takes it over, so that a look at the past still finds it.
_HISTORY = ("publications", "requests", "runs", "check_results")


class Warehouse:
    """The published file of one data folder, and the making of the next one."""

    def __init__(self, path: Path, lake_sql: str) -> None:
        self.path, self._next, self._lake_sql = path, path.with_name(path.name + ".next"), lake_sql

    def exists(self) -> bool:
        """Whether anything was published yet."""
        return self.path.is_file()

    def read(self) -> duckdb.DuckDBPyConnection:
        """
        Open the published file, read only; it stays as it was opened while later ones are swapped in.

        Raises:
            UsageWrong: nothing is published yet.
            DataWrong: the file cannot be read.
        """
        if not self.exists():
            raise UsageWrong(f"{self.path} is not there yet; `mfo run-daily` (or `mfo run-daily --demo`) makes it")
        # by an instance of its own: of a file that is open in this process, DuckDB would hand out what was opened then
        con = duckdb.connect(config={"temp_directory": f"{self.path}.tmp"})
        try:
            attach(con, self.path, "warehouse")
            con.execute("use warehouse.marts")
        except duckdb.Error as error:
            con.close()
            raise translated(error, self.path) from None
        return con

    def loaded_files(self) -> set[str]:
        """The Parquet files that the published file rests on, by their name below the Parquet folder."""
        con = self.read()
        try:
            return {row[0] for row in con.execute("select name from lake.loaded_files").fetchall()}
        finally:
            con.close()

    @contextmanager
    def next_file(self, *, fresh: bool = False) -> Iterator["NextFile"]:
        """
        The next warehouse: a copy of the published one, an empty one where there is none or `fresh` is set.

        Nothing is published unless `publish()` is called inside.

        Raises:
            FolderUnusable: the folder cannot be written, or the disk is full.
        """
        with self._written(self._next, self.path, fresh=fresh) as file:
            yield file

    @contextmanager
    def copied_to(self, path: Path, target: Path) -> Iterator["NextFile"]:
        """
        A copy for a look at another instant, which `publish()` puts at `target`; deleted where it is not called.

        Raises:
            UsageWrong: nothing is published yet.
            FolderUnusable: the folder cannot be written, or the disk is full.
        """
        self.read().close()
        with self._written(path, target) as file:
            yield file

    @contextmanager
    def _written(self, path: Path, target: Path, *, fresh: bool = False) -> Iterator["NextFile"]:
        delete(path)
        try:
            if self.exists() and not fresh:
                copy_whole(self.path, path)
        except OSError as error:
            delete(path)
            raise unusable(path.parent, error) from None
        try:
            file = NextFile(self._open(path), path, target)
        except duckdb.Error as error:
            delete(path)
            raise translated(error, path) from None
        try:
            yield file
        except duckdb.Error as error:
            if isinstance(error, duckdb.IOException | duckdb.TransactionException) or BROKEN.search(str(error)):
                raise translated(error, path) from None
            raise
        finally:
            file.close()
            delete(path)

    def _open(self, path: Path) -> duckdb.DuckDBPyConnection:
        con = duckdb.connect(str(path), config=WRITER)
        try:
            con.execute("create table if not exists schema_version (version integer)")
            found = con.execute("select version from schema_version").fetchone()
            if found is not None and found[0] != WAREHOUSE_VERSION:
                con.close()
                delete(path)
                con = duckdb.connect(str(path), config=WRITER)
                con.execute("create table schema_version (version integer)")
                found = None
            if found is None:
                con.execute("insert into schema_version values (?)", [WAREHOUSE_VERSION])
            con.execute(self._lake_sql)
            con.execute("create table if not exists lake.loaded_files (name varchar)")
            if found is None and self.exists():
                _take_over(con, self.path)
        except duckdb.Error:
            con.close()
            raise
        return con


def _take_over(con: duckdb.DuckDBPyConnection, published: Path) -> None:
    """The rows of HISTORY from the file before; one that cannot be read has none left to give."""
    try:
        attach(con, published, "before")
    except duckdb.Error:
        return
    found = con.execute("select table_name from duckdb_tables() where database_name = 'before'").fetchall()
    for name in _HISTORY:
        if (name,) in found:
            there = {row[0] for row in con.execute(f"describe before.lake.{name}").fetchall()}
            here = [row[0] for row in con.execute(f"describe lake.{name}").fetchall()]
            columns = ", ".join(f'"{column}"' for column in here if column in there)
            con.execute(f"insert into lake.{name} ({columns}) select {columns} from before.lake.{name}")
    con.execute("detach before")


class NextFile:
    """An open next warehouse: `con` is the one connection that writes it."""

    def __init__(self, con: duckdb.DuckDBPyConnection, path: Path, published: Path) -> None:
        self.con, self._path, self._published = con, path, published
        self._is_open = True

    def loaded_files(self) -> set[str]:
        """The Parquet files whose rows are in `lake`, by their name below the Parquet folder."""
        return {row[0] for row in self.con.execute("select name from lake.loaded_files").fetchall()}

    def add(self, relation: str, files: Sequence[tuple[str, Path]]) -> int:
        """
        Add the rows of Parquet files to `lake.<relation>`: of a versioned relation only what is new or changed.

        Returns how many rows were added.
        """
        paths = list(dict.fromkeys(str(path) for _, path in files))  # one file may hold several batches
        before = self._count(relation)
        if relation in VERSIONED:
            add(self.con, relation, paths)
        else:
            # an answer's rows are added once: documents of this run stand there before their Parquet does, and a
            # transform that was killed before it noted what it read leaves two files that hold the same answers
            self.con.execute(
                f"insert into lake.{relation} by name select distinct * from read_parquet(?) "
                f"where sequence not in (select sequence from lake.{relation})",
                [paths],
            )
        self.con.executemany("insert into lake.loaded_files values (?)", [[name] for name, _ in files])
        return self._count(relation) - before

    def replace(self, relation: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Write a configuration table anew."""
        self.con.execute(f"delete from lake.{relation}")
        self.append(relation, rows)

    def append(self, relation: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Add rows that are not in Parquet: the ledger's copies, the checks' results, notes of this run."""
        if rows:
            import pyarrow as pa  # a reader of the warehouse starts a tenth of a second sooner without it

            columns = {name: [row[name] for row in rows] for name in rows[0]}
            arrived = pa.table(columns)  # at once: DuckDB takes rows one by one a hundred times slower
            self.con.register("arrived", arrived)
            self.con.execute(f"insert into lake.{relation} by name select * from arrived")
            self.con.unregister("arrived")

    def see_as_of(self, as_of: datetime, basis: str, run_id: str, *, demo: bool, version: str) -> None:
        """The instant at which the models show the lake."""
        self.replace(
            "publication", [{"as_of": as_of, "basis": basis, "run_id": run_id, "demo": demo, "version": version}]
        )

    def _count(self, relation: str) -> int:
        row = self.con.execute(f"select count(*) from lake.{relation}").fetchone()
        return int(row[0]) if row else 0

    def publish(self) -> None:
        """
        Swap this file in; readers that have the old one open keep it.

        Raises:
            FolderUnusable: the disk is full or the folder cannot be written; the old one stands.
        """
        try:
            self.con.execute("checkpoint")
        except duckdb.Error as error:
            raise translated(error, self._path) from None
        self.close()
        try:
            with self._path.open("rb") as handle:
                os.fsync(handle.fileno())
            wal_of(self._published).unlink(missing_ok=True)  # a foreign one: no reader could open the file
            os.replace(self._path, self._published)
        except OSError as error:
            raise unusable(self._published.parent, error) from None

    def close(self) -> None:
        """Close the connection; harmless when it is closed."""
        if self._is_open:
            self.con.close()
            self._is_open = False


def schema_of(warehouse: Warehouse) -> int | None:
    """
    The schema version of the published file, None where it has none.

    Raises:
        UsageWrong: nothing is published yet.
        DataWrong: the file cannot be read.
    """
    con = warehouse.read()
    try:
        row = con.execute("select version from main.schema_version").fetchone()
    except duckdb.CatalogException:
        return None
    finally:
        con.close()
    return int(row[0]) if row else None


def refuse_other_version(warehouse: Warehouse) -> None:
    """
    Before the models of the published file are relied on.

    Raises:
        UsageWrong: nothing is published yet.
        DataWrong: another version of mfo published it.
    """
    found = schema_of(warehouse)
    if found != WAREHOUSE_VERSION:
        raise DataWrong(
            f"{warehouse.path} was written by another version of mfo (schema {found}, this one has "
            f"{WAREHOUSE_VERSION}); `mfo load` makes it anew from Parquet"
        )


# relation -> (what names a row, what makes it a new version when it changes); other relations only ever gain rows
VERSIONED: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "bars": (
        ("symbol", "interval", "opened_at", "source"),
        ("open", "high", "low", "close", "adj_close", "volume", "quote_volume", "trades", "taker_buy_volume")
        + ("taker_buy_quote_volume", "adjustment", "is_final"),
    ),
    "observations": (("series_id", "date", "source", "vintage_date"), ("value",)),
    "actions": (("symbol", "ex_date", "kind", "source"), ("value",)),
    "series": (("series_id", "source"), ("title", "units", "frequency", "seasonal_adjustment", "last_updated")),
}

# The answers whose bars lie among those of another one, in another file or in the lake, by the span of each.
ANSWERS_THAT_MEET = """
    with spans as (
        select symbol, interval, source, sequence, filename, min(opened_at) as first, max(opened_at) as last
        from read_parquet(?, filename = true) group by all
        union all
        select symbol, interval, source, sequence, null, min(opened_at), max(opened_at) from lake.bars group by all
    ),
    in_order as (
        select sequence, first, last, lead(first) over spans_of_one as next_first,
            max(last) over (spans_of_one rows between unbounded preceding and 1 preceding) as last_before
        from spans window spans_of_one as (partition by symbol, interval, source order by first, last)
    )
    select distinct sequence from in_order where last_before >= first or next_first <= last
"""


def add(con: "duckdb.DuckDBPyConnection", relation: str, paths: Sequence[str]) -> None:
    """Add the rows of Parquet files to a versioned relation of the lake."""
    if relation != "bars":
        con.execute(_insert(relation), [paths])
        return
    meeting = [sequence for (sequence,) in con.execute(ANSWERS_THAT_MEET, [paths]).fetchall()]
    chosen = "where sequence {} (select unnest(cast(? as bigint[])))"
    con.execute(
        f"insert into lake.bars by name select * from read_parquet(?) {chosen.format('not in')}", [paths, meeting]
    )
    if meeting:
        con.execute(_insert("bars", chosen.format("in")), [paths, meeting])


def _insert(relation: str, chosen: str = "") -> str:
    """The statement that adds what is new or changed: each arrived row beside the version before it."""
    keys, values = VERSIONED[relation]
    key, value = ", ".join(keys), ", ".join(values)
    return f"""
        insert into lake.{relation} by name
        with arrived as (
            select true as is_new, * from read_parquet(?) {chosen}
        ),
        present as (
            select false as is_new, present.* from lake.{relation} as present
            semi join (select distinct {key} from arrived) as touched
            on {" and ".join(f"present.{name} is not distinct from touched.{name}" for name in keys)}
        ),
        in_order as (
            select *,
                row({value}) as said,
                lag(row({value})) over (partition by {key} order by fetched_at, is_new, sequence) as said_before,
                row_number() over (partition by {key} order by fetched_at, is_new, sequence) as position
            from (select * from arrived union all by name select * from present)
        )
        select * exclude (is_new, said, said_before, position) from in_order
        where is_new and (position = 1 or said is distinct from said_before)
        order by {key}, fetched_at, sequence
    """
