"""Views: the instant at which the models show the lake, in the next warehouse or in a look at the past."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import duckdb

from etl.config.settings import data_folder
from etl.domain import Gap
from etl.models import registry
from etl.runtime.data_dir import DataDir
from etl.warehouse.file import NextFile, Warehouse

Connection = duckdb.DuckDBPyConnection
DUE_GAPS = (
    "select dataset, symbol, from_at, to_at, last_asked_at from marts.gaps where ask_again_at <= ? "
    "order by last_asked_at nulls first, from_at, symbol"
)
CONFIGURATION = ("instruments", "nodes", "universe_series", "sources", "chains")


@dataclass(frozen=True, slots=True)
class AsOfView:
    """The instant, and the run, that a warehouse file shows."""

    as_of: datetime
    run_id: str
    demo: bool
    version: str
    basis: str = "known"


def show(file: NextFile, view: AsOfView, built: Sequence[registry.Model]) -> int:
    """Bring every model to what was known at `view.as_of`; returns how many of them something had changed for."""
    file.see_as_of(
        view.as_of.astimezone(UTC).replace(tzinfo=None), view.basis, view.run_id, demo=view.demo, version=view.version
    )
    return registry.build(file.con, built)


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


def warehouse_of(folder: DataDir) -> Warehouse:
    """The warehouse of a data folder."""
    return Warehouse(folder.warehouse, (data_folder("sql") / "lake.sql").read_text(encoding="utf-8"))
