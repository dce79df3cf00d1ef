"""query: read-only SQL over the published warehouse; the answer goes to stdout in the format that was asked for."""

import io
import re
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast, get_args

from etl.config.schema import MEMORY, QuerySettings
from etl.errors import UsageWrong
from etl.warehouse.formats import TableRow, text_of_rows
from etl.warehouse.sandbox import Bounds, Sandbox

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection, DuckDBPyRelation

Format = Literal["table", "csv", "json", "parquet", "xlsx", "md"]
BINARY = ("parquet", "xlsx")
SAVED_PARAMETER = re.compile(r"\$([a-zA-Z_]\w*)")
ZONED = " WITH TIME ZONE"  # a type whose values DuckDB hands out only where pytz is
ROWS_AT_ONCE = 10_000
PORTION = 1 << 20
SHEET_ROWS = 1_048_575  # what a sheet of xlsx holds beside its header


DEFAULT = Bounds(0.0, "2GB")


def checked_format(name: str, *, is_terminal: bool) -> Format:
    """
    The format of that name.

    Raises:
        UsageWrong: there is none, or it is binary and would land on a terminal.
    """
    if name not in get_args(Format):
        raise UsageWrong(f"--format: {name!r}; allowed: {', '.join(get_args(Format))}")
    if name in BINARY and is_terminal:
        raise UsageWrong(f"--format {name} is binary: send it to a file, for example > answer.{name}")
    return cast("Format", name)


def bounds(defaults: QuerySettings, timeout_s: float | None, memory: str | None) -> Bounds:
    """
    The bounds of the settings, or those that are given.

    Raises:
        UsageWrong: the memory is no size.
    """
    if memory is not None and not re.match(MEMORY, memory):
        raise UsageWrong(f"--memory: {memory!r} is not a size; allowed: 500MB, 2GB and the like")
    return Bounds(defaults.timeout_s if timeout_s is None else timeout_s, memory or defaults.memory)


def text_of(sql: str | None, file: Path | None, name: str | None, sql_root: Path) -> str:
    """
    The SQL that the command line means: given, in a file, or saved.

    Raises:
        UsageWrong: none or more than one was given, or the file cannot be read.
    """
    if sum(given is not None for given in (sql, file, name)) != 1:
        raise UsageWrong('query: give one of "SELECT ...", -f FILE or --name NAME')
    if sql is not None:
        return sql
    if file is None:
        return saved_sql(sql_root, str(name))
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageWrong(f"-f: {file} cannot be read: {getattr(error, 'strerror', None) or 'not UTF-8'}") from None


def saved(sql_root: Path) -> dict[str, tuple[str, str]]:
    """The saved queries of sql/queries: name -> (its sentence, its SQL)."""
    found = {}
    for path in sorted((sql_root / "queries").glob("*.sql")):
        text = path.read_text(encoding="utf-8")
        found[path.stem] = (text.splitlines()[0].removeprefix("--").strip(), text)
    return found


def saved_sql(sql_root: Path, name: str) -> str:
    """
    The SQL of one saved query.

    Raises:
        UsageWrong: there is none of that name; the message lists those that exist.
    """
    known = saved(sql_root)
    if name not in known:
        listed = "; ".join(f"{n}: {sentence}" for n, (sentence, _) in known.items())
        raise UsageWrong(f"--name: no saved query {name!r}; there are {listed}")
    return known[name][1]


def listed(sql_root: Path) -> list[str]:
    """The saved queries for people: name, parameters, sentence."""
    found = saved(sql_root)
    width = max(map(len, found), default=0)
    return [
        f"{name:<{width}}  {sentence}" + "".join(f" --param {word}=..." for word in wanted(sql))
        for name, (sentence, sql) in found.items()
    ]


def wanted(sql: str) -> list[str]:
    """The parameters that a query names."""
    code = "\n".join(line.partition("--")[0] for line in sql.splitlines())
    return sorted(set(SAVED_PARAMETER.findall(code)))


def is_complete(text: str) -> bool:
    """Whether what was typed ends with a semicolon that is in no string and no comment."""
    return sqlite3.complete_statement(text)


def parameters(sql: str, given: list[str]) -> dict[str, str]:
    """
    `--param symbol=SPY` as DuckDB's named parameters, each one that the SQL names and no other.

    Raises:
        UsageWrong: one is missing, or not one that the SQL names.
    """
    names = wanted(sql)
    found = dict(pair.split("=", 1) for pair in given if "=" in pair)
    if sorted(found) != names or len(found) != len(given):
        raise UsageWrong(f"--param: this query takes {', '.join(f'{n}=...' for n in names) or 'none'}")
    return found


def run(
    con: "DuckDBPyConnection",
    sql: str,
    values: dict[str, str],
    form: Format,
    *,
    write: Callable[[bytes], object],
    width: int | None = None,
    bounds: Bounds = DEFAULT,
) -> tuple[str, str]:
    """
    Run one query and write its answer; returns the as-of instant and the run id of the file that answered.

    The user's SQL reaches no file, network, extension or setting. `width` is the terminal's, None for a pipe.

    Raises:
        UsageWrong: the SQL is wrong; the message is DuckDB's first line.
        LimitMet: it took longer, or more memory, than `bounds` allow.
        DataWrong: the file cannot be read where the SQL reads it.
        Stopped: Ctrl-C.
    """
    published = shown(con)
    guard = Sandbox(con, bounds, "query", ("--timeout", "--memory"))
    if form in BINARY:
        relation = _relation(guard, sql, values)
        write(guard.over(lambda: _binary(relation, form)))
        return published
    names, rows = _rows(con, sql, values, guard)
    for portion in _portions(text_of_rows(names, rows, form, width)):
        write(portion.encode())
    return published


def shown(con: "DuckDBPyConnection") -> tuple[str, str]:
    """The instant that a warehouse shows, and the run that made it."""
    row = con.execute("select as_of, run_id from lake.publication").fetchone()
    return (row[0].isoformat() + "Z", row[1]) if row else ("never", "none")


def _rows(
    con: "DuckDBPyConnection", sql: str, values: dict[str, str], guard: Sandbox
) -> tuple[list[str], Iterator[TableRow]]:
    """The names, and the rows as they come."""
    cursor = guard.execute(sql, values)
    described = cursor.description or []
    if any(ZONED in str(column[1]) for column in described):
        con.abort()
        relation = _relation(guard, sql, values)
        return relation.columns, iter(guard.over(relation.fetchall))
    portions = iter(lambda: guard.over(lambda: cursor.fetchmany(ROWS_AT_ONCE)), [])
    return [column[0] for column in described], chain.from_iterable(portions)


def _portions(parts: Iterable[str]) -> Iterator[str]:
    """Text in pieces of a megabyte: a query that fails on its first rows has written nothing."""
    held: list[str] = []
    size = 0
    for part in parts:
        held.append(part)
        size += len(part)
        if size > PORTION:
            yield "".join(held)
            held, size = [], 0
    yield "".join(held)


def _relation(guard: Sandbox, sql: str, values: dict[str, str]) -> "DuckDBPyRelation":
    """The answer with instants of a time zone as UTC."""
    relation = guard.relation(sql, values)
    if not any(ZONED in str(kind) for kind in relation.types):
        return relation
    columns = []
    for place, (name, kind) in enumerate(zip(relation.columns, map(str, relation.types), strict=True), start=1):
        column = f"cast(#{place} as {kind.replace(ZONED, '')})" if ZONED in kind else f"#{place}"
        columns.append(f'{column} as "{name.replace(chr(34), chr(34) * 2)}"')
    return guard.over(lambda: relation.project(", ".join(columns)))


def _binary(rows: "DuckDBPyRelation", form: str) -> bytes:
    buffer = io.BytesIO()
    if form == "parquet":
        import pyarrow.parquet as pq

        pq.write_table(rows.to_arrow_table(), buffer, compression="zstd")
    else:
        frame = rows.df()
        if len(frame) > SHEET_ROWS:
            raise UsageWrong(f"query: {len(frame)} rows; a sheet of xlsx holds {SHEET_ROWS}: use csv or parquet")
        frame.to_excel(buffer, index=False, engine="xlsxwriter")
    return buffer.getvalue()
