"""A statement of a load: more memory where it has too little, and an error that names it."""

import duckdb
import pytest

from etl.errors import DataWrong
from etl.models import registry
from etl.models.registry import run

WIDE = "create or replace table wide as select list(i) as numbers from range(6000000) as t (i)"


@pytest.fixture
def con(tmp_path):
    """A writer that may hold next to nothing."""
    with duckdb.connect(str(tmp_path / "a.duckdb"), config={"memory_limit": "30MB", "threads": 1}) as opened:
        yield opened


def test_a_statement_that_runs_out_of_memory_is_given_more(con):
    """One list of six million numbers does not fit into 30 MB, and does into more."""
    run(con, WIDE, "wide")
    assert con.execute("select len(numbers) from wide").fetchall() == [(6_000_000,)]


def test_a_statement_that_never_fits_is_named(con, monkeypatch):
    """Where the most that it is given does not do either, the model and DuckDB's reason are said."""
    monkeypatch.setattr(registry, "_MEMORY", ("31MB",))
    with pytest.raises(DataWrong, match=r"^marts\.wide: .*[Oo]ut of [Mm]emory"):
        run(con, WIDE, "marts.wide")


def test_a_statement_that_is_wrong_is_named(con):
    """An unknown column is no matter of memory."""
    with pytest.raises(DataWrong, match=r"^marts\.x: .*nowhere"):
        run(con, "select nowhere from range(1)", "marts.x")
