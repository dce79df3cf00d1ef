"""The models' store: files are read, ordered by what they read, built, and checked."""

from pathlib import Path

import duckdb
import pytest

from etl.errors import DataWrong
from etl.models.registry import build, build_after, load_models, run_checks

LAKE = "create schema if not exists lake;\ncreate table if not exists lake.publication (as_of timestamp);\n"
LAKE += "create table if not exists lake.bars (symbol varchar, interval varchar, opened_at timestamp, close double);\n"
BARS_FINAL = (
    "-- A bar.\n-- grain: symbol, interval, opened_at\n\n"
    "select *, date '2025-01-01' as trade_date, 0 as return_pct, 0 as total_return_pct, 0 as log_return, "
    "false as is_suspect, timestamp '2025-01-01' as known_at from staging.bars\n"
)
DOUBLED = (
    "-- Twice the close.\n-- grain: symbol, interval, opened_at\n-- unit: it's money\n-- definition: two\n"
    "-- definition: closes\n-- column: doubled | Doubled | 1 bar | Twice the close.\n\n"
    "select symbol, interval, opened_at, twice(close) as doubled from aggregates.bars_final\n"
)
HALVED = DOUBLED.replace("doubled", "halved").replace("twice(close)", "close / 2")
METRICS = "-- A metric.\n-- grain: symbol, opened_at\n\nselect * from indicators.metrics\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A small house of models: one bar table, one indicator, one mart, one check."""
    files = {
        "lake.sql": LAKE,
        "macros/twice.sql": "create or replace macro twice(x) as 2 * x;\n",
        "staging/bars.sql": "-- A bar as it came.\n-- grain: symbol, opened_at\n\nselect * from lake.bars\n",
        "aggregates/bars_final.sql": BARS_FINAL,
        "indicators/doubled.sql": DOUBLED,
        "marts/daily_metrics.sql": METRICS,
        "checks/daily_metrics__is_positive.sql": (
            "-- Closes are above zero.\n-- severity: blocking\n\n"
            "select symbol, close from marts.daily_metrics where close <= 0\n"
        ),
    }
    for name, text in files.items():
        write(tmp_path, name, text)
    return tmp_path


@pytest.fixture
def con(root: Path) -> duckdb.DuckDBPyConnection:
    """A warehouse with one bar."""
    made = duckdb.connect()
    made.execute(LAKE)
    made.execute("insert into lake.publication values (timestamp '2025-01-02')")
    made.execute("insert into lake.bars values ('A', '1d', timestamp '2025-01-01', 3)")
    return made


def write(root: Path, name: str, text: str) -> None:
    """One file below the root."""
    path = root / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)


def test_models_come_in_the_order_that_their_sql_implies(root: Path) -> None:
    """What is read comes first, whatever the files' names."""
    names = [model.name for model in load_models(root)]
    assert sorted(names) == sorted(set(names))
    for model in load_models(root):
        assert all(names.index(name) < names.index(model.name) for name in model.reads if name in names)


def test_headers_say_what_a_row_is(root: Path) -> None:
    """Line 1 is the sentence, the grain names the columns."""
    model = next(model for model in load_models(root) if model.name == "staging.bars")
    assert (model.sentence, model.grain) == ("A bar as it came.", ("symbol", "opened_at"))
    assert model.reads == {"lake.bars"}
    assert model.path == root / "staging" / "bars.sql"


def test_tables_are_built_from_the_macros_up(root: Path, con: duckdb.DuckDBPyConnection) -> None:
    """A mart holds what macro, staging and indicator made of the lake's row."""
    build(con, load_models(root))
    assert con.execute("select symbol, close, doubled from marts.daily_metrics").fetchall() == [("A", 3.0, 6.0)]


def test_a_new_indicator_is_one_new_file(root: Path, con: duckdb.DuckDBPyConnection) -> None:
    """Its column stands in the metrics and its row in the list, with no other file touched."""
    write(root, "indicators/halved.sql", HALVED)
    build(con, load_models(root))
    assert con.execute("select doubled, halved from marts.daily_metrics").fetchall() == [(6.0, 1.5)]
    listed = con.execute("select name, file, unit, definition from marts.indicators order by name").fetchall()
    assert listed[1] == ("halved", "indicators/halved.sql", "it's money", "two closes")


def test_a_column_of_two_indicators_is_refused(root: Path) -> None:
    """One of them would be lost without a word."""
    write(root, "indicators/halved.sql", DOUBLED)
    with pytest.raises(DataWrong, match=r"the column doubled is made twice"):
        load_models(root)


def test_staging_and_indicators_are_views(root: Path, con: duckdb.DuckDBPyConnection) -> None:
    """They store nothing, as a model with the line `-- view`; what is read often is a table."""
    write(root, "marts/daily_metrics.sql", METRICS.replace("opened_at\n\n", "opened_at\n-- view\n\n"))
    build(con, load_models(root))
    names = "select table_schema || '.' || table_name, table_type from information_schema.tables"
    kinds = dict(con.execute(f"{names} where table_schema not in ('lake', 'built')").fetchall())
    assert kinds == {
        "staging.bars": "VIEW",
        "aggregates.bars_final": "BASE TABLE",
        "indicators.doubled": "VIEW",
        "indicators.metrics": "BASE TABLE",
        "marts.indicators": "BASE TABLE",
        "marts.daily_metrics": "VIEW",
    }


def test_a_view_shows_columns_that_came_later(root: Path, con: duckdb.DuckDBPyConnection) -> None:
    """DuckDB keeps the columns of a view's star: the view is made again with what it reads."""
    write(root, "marts/daily_metrics.sql", METRICS.replace("opened_at\n\n", "opened_at\n-- view\n\n"))
    build(con, load_models(root))
    write(root, "indicators/halved.sql", HALVED)
    build(con, load_models(root))
    assert con.execute("select doubled, halved from marts.daily_metrics").fetchall() == [(6.0, 1.5)]


def test_only_what_is_asked_for_is_built(root: Path, con: duckdb.DuckDBPyConnection) -> None:
    """`only` picks models; the order stays."""
    build(con, load_models(root), lambda model: model.name == "staging.bars")
    tables = con.execute("select table_schema || '.' || table_name from information_schema.tables").fetchall()
    assert ("staging.bars",) in tables
    assert ("marts.daily_metrics",) not in tables


def test_only_what_is_downstream_is_built_again(root: Path, con: duckdb.DuckDBPyConnection) -> None:
    """A changed lake table makes its readers new, and theirs; the others keep their rows."""
    write(root, "marts/instants.sql", "-- An instant.\n-- grain: as_of\n\nselect as_of from lake.publication\n")
    models = load_models(root)
    build(con, models)
    con.execute("insert into lake.bars values ('B', '1d', timestamp '2025-01-01', 4)")
    con.execute("update lake.publication set as_of = timestamp '2026-01-01'")
    build_after(con, models, {"lake.bars"})
    assert con.execute("select count(*) from marts.daily_metrics").fetchall() == [(2,)]
    assert con.execute("select year(as_of) from marts.instants").fetchall() == [(2025,)]


def table_ids(con: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Of each table the number that DuckDB gave it when it was made."""
    return dict(con.execute("select schema_name || '.' || table_name, table_oid from duckdb_tables()").fetchall())


def made_again(con: duckdb.DuckDBPyConnection, root: Path) -> set[str]:
    """The models that a build makes anew."""
    before = table_ids(con)
    build(con, load_models(root))
    return {name for name, number in table_ids(con).items() if before.get(name) != number}


def test_what_no_change_touches_is_not_made_again(root: Path, con: duckdb.DuckDBPyConnection) -> None:
    """Nothing for nothing new; the readers of what changed; and no reader of a table that came out as it was."""
    write(root, "staging/days.sql", "-- A day.\n-- grain: day\n\nselect as_of::date as day from lake.publication\n")
    write(root, "marts/days.sql", "-- A day.\n-- grain: day\n\nselect * from staging.days\n")
    build(con, load_models(root))
    assert made_again(con, root) == set()
    con.execute("insert into lake.bars values ('B', '1d', timestamp '2025-01-01', 4)")
    assert made_again(con, root) >= {"aggregates.bars_final", "indicators.metrics", "marts.daily_metrics"}
    con.execute("update lake.publication set as_of = as_of + interval 1 hour")
    assert made_again(con, root) == {"marts.indicators"}


def test_another_text_or_formula_makes_a_model_again(root: Path, con: duckdb.DuckDBPyConnection) -> None:
    """The files of a newer version are not taken for those that made the tables."""
    build(con, load_models(root))
    write(root, "indicators/doubled.sql", DOUBLED.replace("twice(close)", "twice(close) + 1"))
    assert {"indicators.metrics", "marts.daily_metrics"} <= made_again(con, root)
    write(root, "macros/twice.sql", "create or replace macro twice(x) as 20 * x;\n")
    build(con, load_models(root))
    assert con.execute("select doubled from marts.daily_metrics").fetchall() == [(61.0,)]


def test_a_model_that_is_gone_leaves_no_rows_behind(root: Path, con: duckdb.DuckDBPyConnection) -> None:
    """Neither table nor view: what no load makes anew would be shown for good."""
    for name, kind in (("gone", ""), ("seen", "-- view\n")):
        write(root, f"marts/{name}.sql", f"-- A.\n-- grain: symbol\n{kind}\nselect symbol from staging.bars\n")
    assert "marts.gone" in made_again(con, root)
    for name in ("gone", "seen"):
        (root / f"marts/{name}.sql").unlink()
    build(con, load_models(root))
    marts = con.execute("select table_name from information_schema.tables where table_schema = 'marts' order by 1")
    assert marts.fetchall() == [("daily_metrics",), ("indicators",)]


def test_a_build_that_failed_leaves_nothing_to_rely_on(root: Path, con: duckdb.DuckDBPyConnection) -> None:
    """Tables of a pass that broke off are made anew by the next."""
    build(con, load_models(root))
    write(root, "marts/wrong.sql", "-- A row.\n-- grain: a\n\nselect cast(symbol as integer) as a from staging.bars\n")
    with pytest.raises(DataWrong, match=r"marts\.wrong"):
        build(con, load_models(root))
    (root / "marts" / "wrong.sql").unlink()
    assert {"aggregates.bars_final", "marts.daily_metrics"} <= made_again(con, root)


def test_checks_tell_passes_from_failures(root: Path, con: duckdb.DuckDBPyConnection) -> None:
    """A pass has no rows; a failure counts them and shows the first."""
    models = load_models(root)
    build(con, models)
    assert {result.rows for result in run_checks(con, root, models)} == {0}
    con.execute("update marts.daily_metrics set close = -1")
    failed = [result for result in run_checks(con, root, models) if result.rows]
    assert [(result.check, result.claim, result.severity) for result in failed] == [
        ("daily_metrics__is_positive", "Closes are above zero.", "blocking")
    ]
    assert (failed[0].rows, failed[0].example) == (1, '{"symbol":"A","close":-1.0}')


def test_a_grain_is_tested_again_when_its_rows_change(root: Path, con: duckdb.DuckDBPyConnection) -> None:
    """What was left alone since passes as it did then; what was made anew is tested anew."""
    models = load_models(root)
    build(con, models)
    assert {result.rows for result in run_checks(con, root, models)} == {0}
    build(con, models)
    untested = con.execute("select name from built.models where not is_tested").fetchall()
    assert untested == [("indicators.doubled",)]  # its rows are those of indicators.metrics
    con.execute("insert into lake.bars values ('A', '1d', timestamp '2025-01-01', 3)")
    build(con, models)
    failed = {result.check for result in run_checks(con, root, models) if result.rows}
    assert "aggregates.bars_final__one_row_for_each_symbol_interval_opened_at" in failed


@pytest.mark.parametrize("symbol", ["'A'", "null"])
def test_a_grain_that_is_broken_blocks(root: Path, con: duckdb.DuckDBPyConnection, symbol: str) -> None:
    """Two rows for one key, or a key that is NULL."""
    models = load_models(root)
    con.execute(f"insert into lake.bars values ({symbol}, '1d', timestamp '2025-01-01', 3)")
    build(con, models)
    failed = {result.check: result for result in run_checks(con, root, models) if result.rows}
    assert failed["staging.bars__one_row_for_each_symbol_opened_at"].severity == "blocking"


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("marts/a.sql", "select 1 as a\n", "line 1|grain"),
        ("marts/a.sql", "-- A row.\n\nselect 1 as a\n", "grain"),
        ("marts/a.sql", "-- A row.\n-- grain: a\n\nselect * from marts.nowhere\n", "marts.nowhere"),
        ("marts/a.sql", "-- A row.\n-- grain: a\n\nselect * from nowhere\n", "nowhere"),
        ("marts/a.sql", "-- A row.\n-- grain: a\n\nselect * from where\n", "a.sql"),
        ("marts/a.sql", "-- A row.\n-- grain: a\n\nselect 1 as a; select 2 as a\n", "one SELECT"),
        ("marts/a.sql", "-- A row.\n-- grain: a\n\nselect * from marts.a\n", "ring"),
        ("staging/a.sql", "-- A row.\n-- grain: a\n\nselect * from marts.daily_metrics\n", "later layer"),
        ("indicators/a.sql", "-- A row.\n-- grain: a\n\nselect * from aggregates.bars_final\n", "unit"),
    ],
)
def test_a_model_that_cannot_stand_is_named(root: Path, name: str, text: str, words: str) -> None:
    """Nothing is built from a house with a missing header, an unknown relation, a ring or a wrong layer."""
    write(root, name, text)
    with pytest.raises(DataWrong, match=words):
        load_models(root)


def test_a_model_that_fails_is_named(root: Path, con: duckdb.DuckDBPyConnection) -> None:
    """The message leads with the model, not with a traceback."""
    write(root, "marts/wrong.sql", "-- A row.\n-- grain: a\n\nselect cast(symbol as integer) as a from staging.bars\n")
    with pytest.raises(DataWrong, match=r"marts\.wrong: Conversion Error"):
        build(con, load_models(root))


def test_a_check_without_severity_is_refused(root: Path, con: duckdb.DuckDBPyConnection) -> None:
    """Whether a claim blocks is never a guess."""
    models = load_models(root)
    build(con, models)
    write(root, "checks/bars__is_there.sql", "-- A claim.\n\nselect 1 where false\n")
    with pytest.raises(DataWrong, match="severity"):
        run_checks(con, root, models)
