"""
What the files of `sql/indicators` say of the columns that they make, so that a new indicator is one new file.

    -- unit: 0 to 100
    -- column: mfi14 | Money flow index 14 | 15 bars | RSI of typical price * volume.

The third part is what a value rests on: `15 bars` up to its own, `20 bars before` it, or `all bars` of its series.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from etl.errors import DataWrong

LINE = re.compile(
    r"(?P<name>\w+) \| (?P<title>[^|]+) \| (?:all bars|(?P<bars>\d+) bars?(?P<before> before)?) \| (?P<meaning>.+)"
)


@dataclass(frozen=True, slots=True)
class Column:
    """One column: `oldest` and `newest` are the bars that it rests on, counted back from its own; None: all of them."""

    name: str
    title: str
    unit: str
    meaning: str
    oldest: int | None
    newest: int
    path: Path


def header_lines(sql: str, name: str) -> list[str]:
    """The values of the header lines `-- name: value` of a SQL file, whose header ends with the first other line."""
    values = []
    for line in sql.splitlines():
        if not line.startswith("--"):
            break
        values += [line.partition(":")[2].strip()] if line.startswith(f"-- {name}:") else []
    return values


def header(sql: str, name: str) -> str:
    """The same, joined: a value that takes several lines; "" where there is none."""
    return " ".join(header_lines(sql, name))


def indicator_columns(sql_root: Path) -> tuple[Column, ...]:
    """
    The columns of every file of `sql/indicators`, file by file.

    Raises:
        DataWrong: a file lacks a line that it needs, or two files make the same column.
    """
    columns = [column for path in sorted((sql_root / "indicators").glob("*.sql")) for column in _columns_of(path)]
    names = [column.name for column in columns]
    for column in columns:
        if names.count(column.name) > 1:
            raise DataWrong(f"{column.path}: the column {column.name} is made twice in sql/indicators")
    return tuple(columns)


def _columns_of(path: Path) -> list[Column]:
    sql = path.read_text(encoding="utf-8")
    unit, columns = header(sql, "unit"), []
    if not (unit and header(sql, "definition") and header_lines(sql, "column")):
        raise DataWrong(f"{path}: an indicator needs the lines `-- unit:`, `-- definition:` and `-- column:`")
    for line in header_lines(sql, "column"):
        found = LINE.fullmatch(line)
        if found is None:
            raise DataWrong(f"{path}: `-- column: {line}` is not `name | title | 20 bars | meaning`")
        bars, newest = found["bars"], 1 if found["before"] else 0
        oldest = int(bars) - 1 + newest if bars else None
        columns.append(Column(found["name"], found["title"], unit, found["meaning"], oldest, newest, path))
    return columns
