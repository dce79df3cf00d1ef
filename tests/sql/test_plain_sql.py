"""Each SQL file runs as it stands on a published file, read only, and gives the rows that its relation has."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from tests.sql.conftest import SQL, all_models
from tests.sql.test_incremental import History, dividend, late, new_days, revised, split

FILES = [model for model in all_models() if model.path.is_file()]
ROWS = "select count(*), sum(hash(found)) from {} as found"


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """A file of three daily runs, opened read only: rows were added, came late, and lie in whatever order."""
    path = tmp_path_factory.mktemp("published") / "warehouse.duckdb"
    history = History(11, 420, str(path))
    for change in (new_days, revised, late):
        change(history, 0.6)
    history.build()
    for change in (new_days, split, dividend):
        change(history, 0.8)
    history.build()
    con = history.lake.con
    con.execute("create table aside as select * from aggregates.bars_final order by hash(opened_at)")
    con.execute("delete from aggregates.bars_final")
    con.execute("insert into aggregates.bars_final select * from aside")
    con.execute("drop table aside")
    con.close()
    opened = duckdb.connect(str(path), read_only=True)
    yield opened
    opened.close()


@pytest.mark.parametrize("name", [model.name for model in FILES])
def test_a_file_as_it_stands_gives_the_rows_of_its_relation(published: duckdb.DuckDBPyConnection, name: str) -> None:
    """To the last bit, whatever lies where in the file."""
    model = next(model for model in FILES if model.name == name)
    sql = model.path.read_text(encoding="utf-8")
    assert published.sql(ROWS.format(f"(\n{sql})")).fetchall() == published.sql(ROWS.format(name)).fetchall()


@pytest.mark.parametrize("path", sorted((SQL / "indicators").glob("*.sql")), ids=lambda path: path.stem)
def test_an_indicator_as_it_stands_gives_the_columns_of_the_metrics(
    published: duckdb.DuckDBPyConnection, path: Path
) -> None:
    """What daily_metrics and hourly_metrics show is what the file says."""
    sql = path.read_text(encoding="utf-8")
    names = [row[0] for row in published.execute(f"describe ({sql})").fetchall()]
    assert names[:3] == ["symbol", "interval", "opened_at"]
    ours = published.sql(ROWS.format(f"(\n{sql})")).fetchall()
    assert ours == published.sql(ROWS.format(f"(select {', '.join(names)} from indicators.metrics)")).fetchall()
