"""
The files of the SQL models: what each says of itself, which tables it reads, and the order that this implies.

A model is one SELECT. Its first line says what a row is, a line `-- grain: a, b` (ended by the first line without
`--`) which columns name a row. DuckDB's own parser says which tables it reads. What stands in `sql/staging` or
`sql/indicators`, or has a line `-- view`, is a view.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from etl.errors import DataWrong
from etl.models.indicator_columns import header

if TYPE_CHECKING:
    import duckdb

LAYERS = ("lake", "staging", "aggregates", "indicators", "flows", "marts")
_VIEWS = ("staging", "indicators")


@dataclass(frozen=True, slots=True)
class Model:
    """One relation: its name (`schema.table`), where it is written, what a row is, what names a row, its SELECT."""

    name: str
    path: Path
    sentence: str
    grain: tuple[str, ...]
    sql: str
    reads: frozenset[str]
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
    is_view = path.parent.name in _VIEWS or "-- view" in sql.partition("\n\n")[0].splitlines()
    return Model(name, path, sentence_of(path, sql), grain, sql, _tables_read(sql, path, parser), is_view)


def _tables_read(sql: str, path: Path, parser: "duckdb.DuckDBPyConnection") -> frozenset[str]:
    (text,) = parser.execute("select json_serialize_sql(?)", [sql]).fetchall()[0]
    nodes: list[dict[str, Any]] = []  # every object of the tree

    def noted(node: dict[str, Any]) -> dict[str, Any]:
        nodes.append(node)
        return node

    tree = json.loads(text, object_hook=noted)
    if tree["error"]:
        raise DataWrong(f"{path}: {tree['error_message']}")
    if len(tree["statements"]) != 1:
        raise DataWrong(f"{path}: a model is one SELECT, here are {len(tree['statements'])}")
    ctes = {entry["key"] for node in nodes if "cte_map" in node for entry in node["cte_map"]["map"]}
    tables = [node for node in nodes if node.get("type") == "BASE_TABLE"]
    loose = sorted({node["table_name"] for node in tables if not node["schema_name"]} - ctes)
    if loose:
        raise DataWrong(f"{path}: unknown relation {', '.join(loose)} (a table needs its schema)")
    return frozenset(f"{node['schema_name']}.{node['table_name']}" for node in tables if node["schema_name"])


def sentence_of(path: Path, sql: str) -> str:
    """What line 1 says that a row is, or that a check claims."""
    first = sql.partition("\n")[0]
    if not first.startswith("-- ") or first.startswith("-- grain:"):
        raise DataWrong(f"{path}: line 1 must say what a row is")
    return first.removeprefix("-- ")
