"""What tests of query share: a small published file, and a query of it as the command does one."""

import io
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb
import pytest

from etl.warehouse import user_query
from etl.warehouse.file import Warehouse

SETUP = """
create schema lake; create schema marts;
create table lake.publication as select timestamp '2025-11-01 03:43:00' as as_of, 'run-7' as run_id;
create table marts.daily_prices as select * from (values
    ('SPY', date '2025-10-30', 1.5::double, 7::bigint), ('SPY', date '2025-10-31', 'nan'::double, null),
    ('a|b', date '2025-10-31', 'inf'::double, 9)) as t(symbol, trade_date, close, volume);
create macro answer(n) as n + 1;
"""


@pytest.fixture
def warehouse(tmp_path: Path) -> Path:
    """A published file."""
    path = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(path)) as con:
        con.execute(SETUP)
    return path


@pytest.fixture
def ask(warehouse: Path) -> Callable[..., bytes]:
    """Run a query as the command does; the bytes that it wrote."""

    def run(sql: str, form: Any = "json", values: dict[str, str] | None = None, width: int | None = None) -> bytes:
        written = io.BytesIO()
        with closing(Warehouse(warehouse, "").read()) as con:
            seen = user_query.run(con, sql, values or {}, form, write=written.write, width=width)
        assert seen == ("2025-11-01T03:43:00Z", "run-7")
        return written.getvalue()

    return run
