"""Small lakes of Parquet for the tests of the warehouse and its views."""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any

from etl.transform.parquet import Parquet
from etl.warehouse.file import NextFile, Warehouse

SQL = Path(__file__).parents[2] / "sql"
LAKE_SQL = (SQL / "lake.sql").read_text(encoding="utf-8")


def at(minute: int = 0, hour: int = 3) -> datetime:
    """An instant of 2025-11-01 as the lake keeps it: without a zone, meaning UTC."""
    return datetime(2025, 11, 1, hour, minute)  # noqa: DTZ001 - the lake's own form


def bar(close: float | None, sequence: int, **changes: Any) -> dict[str, Any]:
    """A bar of SPY whose close is what it is known for."""
    row = {"symbol": "SPY", "interval": "1d", "opened_at": datetime(2025, 10, 30, 13, 30)}  # noqa: DTZ001 - as above
    row |= {"source": "alpha_vantage", "sequence": sequence, "fetched_at": at(sequence), "published_at": at()}
    row |= {"sha256": f"sha{sequence}", "open": 1.0, "high": 9.0, "low": 0.5, "close": close, "volume": 7.0}
    return row | {"adjustment": "raw", "is_final": True} | changes


def observation(value: float | None, sequence: int, **changes: Any) -> dict[str, Any]:
    """An observation of DGS10, of no vintage."""
    row = {"series_id": "DGS10", "date": date(2025, 10, 30), "value": value, "source": "fred", "sequence": sequence}
    return row | {"fetched_at": at(sequence), "published_at": at(), "vintage_date": None, "sha256": "x"} | changes


def level(sequence: int, place: int = 1) -> dict[str, Any]:
    """A level of an order book."""
    row = {"symbol": "BTCUSDT", "taken_at": at(sequence), "side": "bid", "level": place, "price": 1.0, "quantity": 2.0}
    return row | {"source": "binance", "sequence": sequence, "fetched_at": at(sequence), "sha256": "x"}


def warehouse_in(folder: Path) -> Warehouse:
    """The warehouse of a data folder."""
    return Warehouse(folder / "warehouse.duckdb", LAKE_SQL)


def written(parquet: Parquet, relation: str, rows: Sequence[dict[str, Any]], stem: str) -> list[tuple[str, Path]]:
    """Rows as one Parquet file, as `NextFile.add` takes it."""
    path = parquet.write(relation, str(rows[0].get("source", "mfo")), stem, rows)
    return [(parquet.name_of(path), path)]


def versions(file: NextFile, relation: str, column: str) -> list[Any]:
    """The values of all versions, oldest first."""
    rows = file.con.execute(f"select {column} from lake.{relation} order by source, fetched_at, sequence").fetchall()
    return [row[0] for row in rows]


@contextmanager
def held_open(path: Path, sql: str = "select 1") -> Iterator[int]:
    """Another program that has a DuckDB file open for writing, as DBeaver has, and did something there; its pid."""
    script = f"import duckdb; con = duckdb.connect({str(path)!r}); con.execute({sql!r}); print(1, flush=True); input()"
    other = subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert other.stdout is not None
        assert other.stdout.readline() == "1\n"
        yield other.pid
    finally:
        other.communicate("\n", timeout=30)
