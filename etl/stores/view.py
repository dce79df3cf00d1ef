"""
Views: the instant at which the models show the lake, in the next warehouse or in a copy for a look at the past.

A copy shows the last publication up to an instant, with the universe and the ledger of then, and nothing later.
"""

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from etl.domain import Gap
from etl.errors import NeverPublished
from etl.settings import Settings, data_folder
from etl.stores import models
from etl.stores.folder import Folder
from etl.stores.migration import refuse_other_version
from etl.stores.parquet import Parquet
from etl.stores.retention import read_back_all
from etl.stores.warehouse import NextFile, Warehouse

Connection = duckdb.DuckDBPyConnection
DUE_GAPS = (
    "select dataset, symbol, from_at, to_at, last_asked_at from marts.gaps where ask_again_at <= ? "
    "order by last_asked_at nulls first, from_at, symbol"
)
CONFIGURATION = ("instruments", "nodes", "universe_series", "sources", "chains")


@dataclass(frozen=True, slots=True)
class View:
    """The instant, and the run, that a warehouse file shows."""

    as_of: datetime
    run_id: str
    demo: bool
    version: str
    basis: str = "known"


def show(file: NextFile, view: View, built: Sequence[models.Model]) -> None:
    """Build every model as the lake was known at `view.as_of`."""
    file.see_as_of(
        view.as_of.astimezone(UTC).replace(tzinfo=None), view.basis, view.run_id, demo=view.demo, version=view.version
    )
    models.build(file.con, built)


@contextmanager
def seen_as_of(
    warehouse: Warehouse, cache: Path, instant: datetime, basis: str, sql_root: Path
) -> Iterator[Connection]:
    """
    Open the last publication up to `instant`; the published file is only read.

    With `basis="published"` the instant itself is shown, over history that was fetched later.

    Raises:
        NeverPublished: nothing was published up to then.
        DataWrong: another version published the file, or what left it is not in Parquet any more.
    """
    refuse_other_version(warehouse)
    with warehouse.copied_to(cache / f"as-of.{os.getpid()}.duckdb") as file:
        row = file.con.execute(
            "select run_id, as_of, version, configuration, (select demo from lake.publication) from lake.publications "
            "where as_of <= ? or ? = 'published' order by as_of desc, sequence desc nulls last, rowid desc limit 1",
            [instant.astimezone(UTC).replace(tzinfo=None), basis],
        ).fetchone()
        if row is None:
            first = file.con.execute("select min(as_of) from lake.publications").fetchone()
            said = f"; the first publication is of {first[0].isoformat()}Z" if first and first[0] else ""
            raise NeverPublished(f"nothing was published up to {instant.isoformat()}{said}")
        run_id, published_as_of, version, configuration, demo = row
        for name, rows in json.loads(configuration).items():
            if name in CONFIGURATION:
                file.replace(name, rows)
        as_of = instant if basis == "published" else published_as_of.replace(tzinfo=UTC)
        read_back_all(file, Parquet(warehouse.path.parent / "parquet"), as_of, basis)
        show(file, View(as_of, run_id, demo, version, basis), models.load_models(sql_root))
        file.con.execute("set search_path = 'marts'")
        yield file.con


@contextmanager
def reading(settings: Settings, as_of: datetime | None) -> Iterator[Connection]:
    """
    The published warehouse, read only, or a copy that shows an earlier instant. Opens nothing else.

    Raises:
        UsageWrong: nothing is published yet.
        NeverPublished: nothing was, up to `as_of`.
    """
    folder = Folder(settings.data_dir)
    warehouse = warehouse_of(folder)
    if as_of is not None:
        folder.make()
        with seen_as_of(warehouse, folder.cache, as_of, "known", data_folder("sql")) as con:
            yield con
        return
    con = warehouse.read()
    try:
        yield con
    finally:
        con.close()


def suspected_gaps(warehouse: Warehouse, now: datetime) -> list[Gap]:
    """The gaps of the published file that are due to be asked for again; none before the first publication."""
    if not warehouse.exists():
        return []
    con = warehouse.read()
    try:
        rows = con.execute(DUE_GAPS, [now.astimezone(UTC).replace(tzinfo=None)]).fetchall()
    except (duckdb.CatalogException, duckdb.BinderException):  # a file of before gaps were asked for again
        return []
    finally:
        con.close()
    return [Gap(*row[:2], *(at and at.replace(tzinfo=UTC) for at in row[2:])) for row in rows]


def warehouse_of(folder: Folder) -> Warehouse:
    """The warehouse of a data folder."""
    return Warehouse(folder.warehouse, (data_folder("sql") / "lake.sql").read_text(encoding="utf-8"))
