"""
The files of the SQL models: what each says of itself, which tables it reads, and the order that this implies.

A model is one SELECT. Its first line says what a row is, a line `-- grain: a, b` (ended by the first line without
`--`) which columns name a row. DuckDB's own parser says which tables it reads. A line `-- incremental:` says which rows
a change touches, see `Tail`.

Two relations are composed here, so that a new indicator is one new file and nothing else:
`indicators.assembled` joins every file of `sql/indicators` to `aggregates.bars_final` (daily_metrics and
hourly_metrics select all of its columns), and `marts.indicators` lists the files with their `-- unit:` and
`-- definition:` lines. An indicator file selects symbol, interval, opened_at, known_at and its own columns, one row for
each bar.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from etl.errors import DataWrong

if TYPE_CHECKING:
    import duckdb

LAYERS = ("lake", "staging", "aggregates", "indicators", "flows", "marts")
BARS = "aggregates.bars_final"
BAR_KEY = ("symbol", "interval", "opened_at")
ASSEMBLED = "indicators.assembled"
DIGESTS = "staging.bar_digests"  # what it says of a stretch of bars is another number when they change

HEADER = re.compile(
    r"(?:rows|dates|after (?P<after>\d+) (?P<counter>\w+?)s?|after the bar before"
    r"(?:, (?P<goes_on>\w+) goes on)?(?:, (?P<grows>\w+) grows)?)(?:,? of (?P<interval>1d|1h))?"
)


@dataclass(frozen=True, slots=True)
class Tail:
    """
    What the line `-- incremental:` of a model says: the rows of a series from a changed bar on rest on ...

    `rows`: the rows of the same bars alone. `after 20 bars`: also on the 20 before, by their column `bar` (or another
    counter). `after the bar before, bar goes on, known_at grows`: on the one before; a count and a running maximum of
    all bars go on from its row. `dates`: the rows of all symbols of those dates. `of 1d`: the model has no column
    `interval`, its rows are of that one.
    """

    after: int = 0
    counter: str = ""
    one_before: bool = False
    dates: bool = False
    goes_on: str = ""
    grows: str = ""
    interval: str = ""


@dataclass(frozen=True, slots=True)
class Model:
    """One relation: its name (`schema.table`), where it is written, what a row is, what names a row, its SELECT."""

    name: str
    path: Path
    sentence: str
    grain: tuple[str, ...]
    sql: str
    reads: frozenset[str]
    tail: Tail | None = None


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
    order = TopologicalSorter({name: sorted(_built_before(models[name]) & models.keys()) for name in sorted(models)})
    try:
        return tuple(models[name] for name in order.static_order())
    except CycleError as ring:
        raise DataWrong(f"models read each other in a ring: {' -> '.join(ring.args[1])}") from None


def _read_model(path: Path, parser: "duckdb.DuckDBPyConnection") -> Model:
    sql = path.read_text()
    grain = tuple(column.strip() for column in header(sql, "grain").split(",") if column.strip())
    if not grain:
        raise DataWrong(f"{path}: no line `-- grain: column, column` at the top")
    name = f"{path.parent.name}.{path.stem}"
    return Model(name, path, sentence_of(path, sql), grain, sql, _tables_read(sql, path, parser), _tail(path, sql))


def _tail(path: Path, sql: str) -> Tail | None:
    said = header(sql, "incremental")
    if not said:
        return None
    found = HEADER.fullmatch(said)
    if found is None:
        raise DataWrong(f"{path}: `-- incremental: {said}` is not `rows`, `after N bars` or `after the bar before`")
    words = {name: text or "" for name, text in found.groupdict().items()}
    return Tail(
        after=int(words["after"] or 0),
        counter=words["counter"],
        one_before="the bar before" in said,
        dates=said == "dates",
        goes_on=words["goes_on"],
        grows=words["grows"],
        interval=words["interval"],
    )


def _built_before(model: Model) -> frozenset[str]:
    """What a model reads, and the digests where they say which of its rows change."""
    return model.reads | {DIGESTS} if model.tail else model.reads


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


def header(sql: str, name: str) -> str:
    """The value of the header lines `-- name: value`, several of them joined; "" where there is none."""
    lines: list[str] = []
    for line in sql.splitlines():
        if not line.startswith("--"):
            break
        lines += [line.partition(":")[2].strip()] if line.startswith(f"-- {name}:") else []
    return " ".join(lines)


def sentence_of(path: Path, sql: str) -> str:
    """What line 1 says that a row is, or that a check claims."""
    first = sql.partition("\n")[0]
    if not first.startswith("-- ") or first.startswith("-- grain:"):
        raise DataWrong(f"{path}: line 1 must say what a row is")
    return first.removeprefix("-- ")


def _assembled(families: list[Model]) -> Model:
    folder, key = _folder(families), ", ".join(BAR_KEY)
    columns = "".join(f"    {_alias(model)}.* exclude ({key}, known_at),\n" for model in families)
    joins = "".join(f"left join {model.name} as {_alias(model)} using ({key})\n" for model in families)
    sql = f"select\n    bars.*,\n{columns}from {BARS} as bars\n{joins}"
    reads = frozenset({BARS, *(model.name for model in families)})
    sentence = "A final bar with every indicator of it."
    return Model(ASSEMBLED, folder, sentence, BAR_KEY, sql, reads, Tail())


def _listed(families: list[Model]) -> Model:
    rows = []
    for model in families:
        unit, definition = header(model.sql, "unit"), header(model.sql, "definition")
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
