"""
The SQL models: files whose path is their table's name, built in the order that the SQL itself implies.

`load_models` reads the files (etl/stores/model_files.py), `build` makes the tables and views, `run_checks` tests every
grain and runs `sql/checks/*.sql`, which return the rows that break a claim. What no change touches is not made again;
the result is that of a build from nothing (building.py).

Each file of `sql/indicators` is a view of its own. `indicators.metrics` joins them all to the bars, `marts.indicators`
lists them: a new indicator is one new file and nothing else.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import TYPE_CHECKING

from etl.errors import DataWrong
from etl.indicators import Column, header, indicator_columns
from etl.stores.building import Building
from etl.stores.model_files import LAYERS, Model, read_model, sentence_of
from etl.stores.statements import run

if TYPE_CHECKING:
    import duckdb

SHOWN = 5  # failing rows of a check
BARS, METRICS, LIST = "aggregates.bars_final", "indicators.metrics", "marts.indicators"
FILES = "indicators/*.sql"
KEY = ("symbol", "interval", "opened_at")
OF_BARS = ("trade_date", "close", "return_pct", "total_return_pct", "log_return", "is_suspect", "known_at")

__all__ = ["Failure", "Model", "build", "build_after", "load_models", "run_checks"]


@dataclass(frozen=True, slots=True)
class Failure:
    """How a check ended: `rows` broke the claim (0: it passed), `example` is the first of them as JSON."""

    check: str
    claim: str
    severity: str  # blocking or warning
    rows: int
    example: str
    more: tuple[str, ...] = ()  # the next few of them


def load_models(sql_root: Path) -> tuple[Model, ...]:
    """
    Every model below `sql_root`, in build order.

    Raises:
        DataWrong: a header is missing, a relation is unknown or of a later layer, or models read each other in a ring.
    """
    import duckdb  # `mfo --help` must not wait for it

    paths = [path for layer in LAYERS[1:] for path in sorted((sql_root / layer).glob("*.sql"))]
    with duckdb.connect() as parser:
        read = [read_model(path, parser) for path in paths]
    read += [_joined(sql_root, indicator_columns(sql_root)), _listed(sql_root)]
    models = {model.name: model for model in read}
    for model in read:
        _check_reads(model, {*models, *_lake_tables(sql_root)})
    order = TopologicalSorter({name: sorted(models[name].reads & models.keys()) for name in sorted(models)})
    try:
        return tuple(models[name] for name in order.static_order())
    except CycleError as ring:
        raise DataWrong(f"models read each other in a ring: {' -> '.join(ring.args[1])}") from None


def _joined(sql_root: Path, columns: Sequence[Column]) -> Model:
    """Every bar with the columns of every indicator."""
    files = sorted({column.path.stem for column in columns})
    chosen = [f"bars.{name}" for name in (*KEY, *OF_BARS)] + [f"{one.path.stem}.{one.name}" for one in columns]
    joins = [f"left join indicators.{name} as {name} using ({', '.join(KEY)})" for name in files]
    sql = "\n".join([f"select\n    {', '.join(chosen)}\nfrom {BARS} as bars", *joins])
    reads = frozenset({BARS, *(f"indicators.{name}" for name in files)})
    return Model(METRICS, sql_root / FILES, "A final bar with every indicator of it.", KEY, sql, reads)


def _listed(sql_root: Path) -> Model:
    """The files of sql/indicators as rows."""
    rows = []
    for path in sorted(sql_root.glob(FILES)):
        sql = path.read_text(encoding="utf-8")
        texts = (path.stem, f"indicators/{path.name}", header(sql, "unit"), header(sql, "definition"))
        rows.append("(" + ", ".join("'" + text.replace("'", "''") + "'" for text in texts) + ")")
    sql = (
        "select files.*, publication.as_of as known_at\n"
        f"from (values {', '.join(rows)}) as files (name, file, unit, definition)\n"
        "cross join lake.publication as publication\n"
    )
    sentence = "A file of sql/indicators with what it computes."
    return Model(LIST, sql_root / FILES, sentence, ("name",), sql, frozenset({"lake.publication"}))


def _check_reads(model: Model, known: set[str]) -> None:
    unknown = sorted(model.reads - known)
    if unknown:
        raise DataWrong(f"{model.path}: unknown relation {', '.join(unknown)}")
    layer = LAYERS.index(model.name.partition(".")[0])
    later = sorted(name for name in model.reads if LAYERS.index(name.partition(".")[0]) > layer)
    if later:
        raise DataWrong(f"{model.path}: reads {', '.join(later)} of a later layer")


def _lake_tables(sql_root: Path) -> set[str]:
    return set(re.findall(r"create table if not exists (lake\.\w+)", (sql_root / "lake.sql").read_text()))


def build(
    con: "duckdb.DuckDBPyConnection", models: Iterable[Model], only: Callable[[Model], bool] | None = None
) -> int:
    """
    Bring the tables of `models` (all, or those that `only` accepts) up to date in the given order, macros first.
    Where all are built, tables of models that are no more are dropped.

    Returns how many of them something had changed for.

    Raises:
        DataWrong: a model's SQL fails; names the model.
    """
    chosen = [model for model in models if only is None or only(model)]
    building = Building(con, chosen)
    if only is None:
        building.drop_all_others()
    for model in chosen:
        building.bring_up_to_date(model)
    building.remember()
    return building.touched


def build_after(con: "duckdb.DuckDBPyConnection", models: Iterable[Model], changed: Iterable[str]) -> None:
    """
    Make again only what is downstream of `changed` tables, such as {"lake.notes"}.

    Raises:
        DataWrong: a model's SQL fails; names the model.
    """
    stale = set(changed)
    ordered = tuple(models)
    for model in ordered:
        if model.reads & stale:
            stale.add(model.name)
    build(con, ordered, lambda model: model.name in stale)


def run_checks(con: "duckdb.DuckDBPyConnection", sql_root: Path, models: Iterable[Model]) -> list[Failure]:
    """
    Test the grain of every model (not null and unique) and every file of `sql/checks`, passes included.

    A relation that was left alone since its grain was tested passes as it did then.

    Raises:
        DataWrong: a check has no severity line or its SQL fails; names the check.
    """
    # an indicator is joined by its grain: what it has twice, the metrics have twice
    chosen = [model for model in models if model.name == METRICS or not model.name.startswith("indicators.")]
    tested = {row[0] for row in con.execute("select name from built.models where is_tested").fetchall()}
    results = [_check_grain(con, model, is_tested=model.name in tested) for model in chosen]
    passed = [model.name for model, result in zip(chosen, results, strict=True) if not result.rows]
    con.execute("update built.models set is_tested = true where name in (select unnest(?))", [passed])
    for path in sorted((sql_root / "checks").glob("*.sql")):
        sql = path.read_text()
        claim, severity = sentence_of(path, sql), header(sql, "severity")
        if severity not in ("blocking", "warning"):
            raise DataWrong(f"{path.name}: line 2 must be `-- severity: blocking` or `-- severity: warning`")
        results.append(_failure(con, sql, path.stem, claim, severity))
    return results


def _check_grain(con: "duckdb.DuckDBPyConnection", model: Model, *, is_tested: bool) -> Failure:
    """Whether its grain names a row; rows that were tested are not tested again."""
    keys = ", ".join(f'"{column}"' for column in model.grain)
    missing = " or ".join(f'"{column}" is null' for column in model.grain)
    sql = f"select {keys}, count(*) as rows from {model.name} group by {keys} having count(*) > 1 or {missing}"
    name = f"{model.name.removeprefix('marts.')}__one_row_for_each_{'_'.join(model.grain)}"
    claim = f"{model.name} has one row for each {', '.join(model.grain)}."
    return Failure(name, claim, "blocking", 0, "") if is_tested else _failure(con, sql, name, claim, "blocking")


def _failure(con: "duckdb.DuckDBPyConnection", sql: str, name: str, claim: str, severity: str) -> Failure:
    rows = run(con, f"select to_json(failing) from (\n{sql}\n) as failing order by 1", name).fetchall()
    example, *more = [row[0] for row in rows[:SHOWN]] or [""]
    return Failure(name, claim, severity, len(rows), example, tuple(more))
