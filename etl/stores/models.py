"""
The SQL models: files whose path is their table's name, built in the order that the SQL itself implies.

`load_models` reads the files (etl/stores/model_files.py) and composes some of them (composing.py), `build` makes the
tables, `run_checks` tests every grain and runs `sql/checks/*.sql`, which return the rows that break a claim. What no
change touches is not made again; the result is that of a build from nothing (building.py).
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import TYPE_CHECKING

from etl.errors import DataWrong
from etl.stores.building import Building
from etl.stores.composing import composed
from etl.stores.model_files import ASSEMBLED, DIGESTS, LAYERS, Model, header, read_model, sentence_of
from etl.stores.statements import run

if TYPE_CHECKING:
    import duckdb

SHOWN = 5  # failing rows of a check

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
    known = {*(model.name for model in read), ASSEMBLED, *_lake_tables(sql_root)}
    for model in read:
        _check_reads(model, known)
    models = {model.name: model for model in composed(read)}
    order = TopologicalSorter({name: sorted(_built_before(models[name]) & models.keys()) for name in sorted(models)})
    try:
        return tuple(models[name] for name in order.static_order())
    except CycleError as ring:
        raise DataWrong(f"models read each other in a ring: {' -> '.join(ring.args[1])}") from None


def _built_before(model: Model) -> frozenset[str]:
    """What a model reads, and the digests where they say which of its rows change."""
    return model.reads | {DIGESTS} if model.tail else model.reads


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

    Raises:
        DataWrong: a check has no severity line or its SQL fails; names the check.
    """
    results = [_check_grain(con, model) for model in models]
    for path in sorted((sql_root / "checks").glob("*.sql")):
        sql = path.read_text()
        claim, severity = sentence_of(path, sql), header(sql, "severity")
        if severity not in ("blocking", "warning"):
            raise DataWrong(f"{path.name}: line 2 must be `-- severity: blocking` or `-- severity: warning`")
        results.append(_failure(con, sql, path.stem, claim, severity))
    return results


def _check_grain(con: "duckdb.DuckDBPyConnection", model: Model) -> Failure:
    keys = ", ".join(f'"{column}"' for column in model.grain)
    missing = " or ".join(f'"{column}" is null' for column in model.grain)
    sql = f"select {keys}, count(*) as rows from {model.name} group by {keys} having count(*) > 1 or {missing}"
    name = f"{model.name.removeprefix('marts.')}__one_row_for_each_{'_'.join(model.grain)}"
    return _failure(con, sql, name, f"{model.name} has one row for each {', '.join(model.grain)}.", "blocking")


def _failure(con: "duckdb.DuckDBPyConnection", sql: str, name: str, claim: str, severity: str) -> Failure:
    rows = run(con, f"select to_json(failing) from (\n{sql}\n) as failing order by 1", name).fetchall()
    example, *more = [row[0] for row in rows[:SHOWN]] or [""]
    return Failure(name, claim, severity, len(rows), example, tuple(more))
