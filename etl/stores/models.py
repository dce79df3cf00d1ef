"""
The SQL models: files whose path is their table's name, built in the order that the SQL itself implies.

A model is one SELECT. Its first line says what a row is, a line `-- grain: a, b` (ended by the first line without
`--`) which columns name a row. `load_models` reads the files and, with DuckDB's own parser, which tables each reads;
`build` makes the tables; `run_checks` tests every grain and runs `sql/checks/*.sql`, which return the rows that break
a claim.

Two relations are composed here, so that a new indicator is one new file and nothing else:
`indicators.assembled` joins every file of `sql/indicators` to `aggregates.bars_final` (daily_metrics and
hourly_metrics select all of its columns), and `marts.indicators` lists the files with their `-- unit:` and
`-- definition:` lines. An indicator file selects symbol, interval, opened_at, known_at and its own columns.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from etl.errors import DataWrong

if TYPE_CHECKING:
    import duckdb

LAYERS = ("lake", "staging", "aggregates", "indicators", "flows", "marts")
BARS = "aggregates.bars_final"
SHOWN = 5  # failing rows of a check
BAR_KEY = ("symbol", "interval", "opened_at")


@dataclass(frozen=True, slots=True)
class Model:
    """One relation: its name (`schema.table`), where it is written, what a row is, what names a row, its SELECT."""

    name: str
    path: Path
    sentence: str
    grain: tuple[str, ...]
    sql: str
    reads: frozenset[str]


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
        read = [_read_model(path, parser) for path in paths]
    families = [model for model in read if model.name.startswith("indicators.")]
    models = {model.name: model for model in (*read, _assembled(families), _listed(families))}
    known = {*models, *_lake_tables(sql_root)}
    for model in models.values():
        _check_reads(model, known)
    order = TopologicalSorter({name: sorted(models[name].reads & models.keys()) for name in sorted(models)})
    try:
        return tuple(models[name] for name in order.static_order())
    except CycleError as ring:
        raise DataWrong(f"models read each other in a ring: {' -> '.join(ring.args[1])}") from None


def build(
    con: "duckdb.DuckDBPyConnection", models: Iterable[Model], only: Callable[[Model], bool] | None = None
) -> None:
    """
    Make the tables of `models` (all, or those that `only` accepts) in the given order, macros first.

    Raises:
        DataWrong: a model's SQL fails; names the model.
    """
    chosen = [model for model in models if only is None or only(model)]
    for schema in LAYERS[1:]:
        con.execute(f"create schema if not exists {schema}")
    for root in sorted({_root_of(model) for model in chosen}):
        con.execute((root / "macros.sql").read_text())
    for model in chosen:
        _run(con, f"create or replace table {model.name} as\n{model.sql}", model.name)


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
        claim, severity = _sentence(path, sql), _header(sql, "severity")
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
    rows = _run(con, f"select to_json(failing) from (\n{sql}\n) as failing order by 1", name).fetchall()
    example, *more = [row[0] for row in rows[:SHOWN]] or [""]
    return Failure(name, claim, severity, len(rows), example, tuple(more))


def _run(con: "duckdb.DuckDBPyConnection", sql: str, name: str) -> "duckdb.DuckDBPyConnection":
    import duckdb

    try:
        return con.execute(sql)
    except duckdb.Error as error:
        raise DataWrong(f"{name}: {error}") from error


def _read_model(path: Path, parser: "duckdb.DuckDBPyConnection") -> Model:
    sql = path.read_text()
    grain = tuple(column.strip() for column in _header(sql, "grain").split(",") if column.strip())
    if not grain:
        raise DataWrong(f"{path}: no line `-- grain: column, column` at the top")
    name = f"{path.parent.name}.{path.stem}"
    return Model(name, path, _sentence(path, sql), grain, sql, _tables_read(sql, path, parser))


def _tables_read(sql: str, path: Path, parser: "duckdb.DuckDBPyConnection") -> frozenset[str]:
    (text,) = parser.execute("select json_serialize_sql(?)", [sql]).fetchall()[0]
    tree = json.loads(text)
    if tree["error"]:
        raise DataWrong(f"{path}: {tree['error_message']}")
    if len(tree["statements"]) != 1:
        raise DataWrong(f"{path}: a model is one SELECT, here are {len(tree['statements'])}")
    nodes = list(_nodes(tree["statements"]))
    ctes = {entry["key"] for node in nodes if "cte_map" in node for entry in node["cte_map"]["map"]}
    tables = [node for node in nodes if node.get("type") == "BASE_TABLE"]
    loose = sorted({node["table_name"] for node in tables if not node["schema_name"]} - ctes)
    if loose:
        raise DataWrong(f"{path}: unknown relation {', '.join(loose)} (a table needs its schema)")
    return frozenset(f"{node['schema_name']}.{node['table_name']}" for node in tables if node["schema_name"])


def _nodes(tree: Any) -> Iterator[dict[str, Any]]:
    """Every object of a JSON tree, outermost first."""
    if isinstance(tree, dict):
        yield tree
    for child in tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else ():
        yield from _nodes(child)


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


def _header(sql: str, name: str) -> str:
    """The value of the header lines `-- name: value`, several of them joined; "" where there is none."""
    lines: list[str] = []
    for line in sql.splitlines():
        if not line.startswith("--"):
            break
        lines += [line.partition(":")[2].strip()] if line.startswith(f"-- {name}:") else []
    return " ".join(lines)


def _sentence(path: Path, sql: str) -> str:
    first = sql.partition("\n")[0]
    if not first.startswith("-- ") or first.startswith("-- grain:"):
        raise DataWrong(f"{path}: line 1 must say what a row is")
    return first.removeprefix("-- ")


def _root_of(model: Model) -> Path:
    """The `sql` folder; a composed relation's path is the folder `sql/indicators` itself."""
    return model.path.parent if model.path.is_dir() else model.path.parent.parent


def _assembled(families: list[Model]) -> Model:
    folder, key = _folder(families), ", ".join(BAR_KEY)
    columns = "".join(f"    {_alias(model)}.* exclude ({key}, known_at),\n" for model in families)
    joins = "".join(f"left join {model.name} as {_alias(model)} using ({key})\n" for model in families)
    sql = f"select\n    bars.*,\n{columns}from {BARS} as bars\n{joins}"
    reads = frozenset({BARS, *(model.name for model in families)})
    return Model("indicators.assembled", folder, "A final bar with every indicator of it.", BAR_KEY, sql, reads)


def _listed(families: list[Model]) -> Model:
    rows = []
    for model in families:
        unit, definition = _header(model.sql, "unit"), _header(model.sql, "definition")
        if not (unit and definition):
            raise DataWrong(f"{model.path}: an indicator needs the lines `-- unit:` and `-- definition:`")
        texts = (model.path.stem, f"indicators/{model.path.name}", unit, definition)
        rows.append("(" + ", ".join("'" + text.replace("'", "''") + "'" for text in texts) + ")")
    sql = (
        "select files.*, publication.as_of as known_at\n"
        f"from (values {', '.join(rows)}) as files (name, file, unit, definition)\n"
        "cross join lake.publication as publication\n"
    )
    sentence = "A file of sql/indicators with what it computes."
    return Model("marts.indicators", _folder(families), sentence, ("name",), sql, frozenset({"lake.publication"}))


def _alias(model: Model) -> str:
    return model.path.stem


def _folder(families: list[Model]) -> Path:
    if not families:
        raise DataWrong("no indicator: the folder sql/indicators is empty")
    return families[0].path.parent
