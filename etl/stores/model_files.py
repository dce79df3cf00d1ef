"""
The files of the SQL models: what each says of itself, which tables it reads, and the order that this implies.

A model is one SELECT. Its first line says what a row is, a line `-- grain: a, b` (ended by the first line without
`--`) which columns name a row. DuckDB's own parser says which tables it reads. A line `-- incremental:` says which rows
a change touches, see `Tail`.

A model with a line `-- view` is a view, one with `-- inlined` stands in those that read it (etl/stores/composing.py).
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
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
    r"(?:rows|dates|after (?P<after>\d+) (?P<counter>\w+?)s?(?:, from (?P<start>[\w.]+))?|after the bar before"
    r"(?:, (?P<goes_on>\w+) goes on)?(?:, (?P<grows>\w+) grows)?)(?:,? of (?P<interval>1d|1h))?"
)


@dataclass(frozen=True, slots=True)
class Tail:
    """
    What the line `-- incremental:` of a model says: the rows of a series from a changed bar on rest on ...

    `rows`: the rows of the same bars alone. `after 20 bars`: also on the 20 before, by their column `bar` (or another
    counter); `from` a relation of what a series begins with: in its place stand the model's own rows before the tail.
    `after the bar before, bar goes on, known_at grows`: on the one before; a count and a running maximum of
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
    start: str = ""


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
    needs_order: bool = False  # it reads the bars of a series one behind the other
    is_view: bool = False


def read_model(path: Path, parser: "duckdb.DuckDBPyConnection") -> Model:
    """
    One file; `parser` is any connection.

    Raises:
        DataWrong: a header is missing, or it is not one SELECT.
    """
    sql = path.read_text()
    grain = tuple(column.strip() for column in header(sql, "grain").split(",") if column.strip())
    if not grain:
        raise DataWrong(f"{path}: no line `-- grain: column, column` at the top")
    name = f"{path.parent.name}.{path.stem}"
    reads, tail = _tables_read(sql, path, parser), _tail(path, sql)
    return Model(name, path, sentence_of(path, sql), grain, sql, reads, tail, is_view=_says(sql, "view"))


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
        start=words["start"],
    )


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


def header(sql: str, name: str) -> str:
    """The value of the header lines `-- name: value`, several of them joined; "" where there is none."""
    lines: list[str] = []
    for line in sql.splitlines():
        if not line.startswith("--"):
            break
        lines += [line.partition(":")[2].strip()] if line.startswith(f"-- {name}:") else []
    return " ".join(lines)


def is_inlined(model: Model) -> bool:
    """Whether it is no table but stands in those that read it."""
    return _says(model.sql, "inlined")


def _says(sql: str, word: str) -> bool:
    return f"-- {word}" in sql.partition("\n\n")[0].splitlines()


def sentence_of(path: Path, sql: str) -> str:
    """What line 1 says that a row is, or that a check claims."""
    first = sql.partition("\n")[0]
    if not first.startswith("-- ") or first.startswith("-- grain:"):
        raise DataWrong(f"{path}: line 1 must say what a row is")
    return first.removeprefix("-- ")
