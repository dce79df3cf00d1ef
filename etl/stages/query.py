"""query: read-only SQL over the published warehouse; the answer goes to stdout in the format that was asked for."""

import csv
import io
import json
import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, cast, get_args

import duckdb

from etl.errors import UsageWrong

Format = Literal["table", "csv", "json", "parquet", "xlsx", "md"]
BINARY = ("parquet", "xlsx")
SAVED_PARAMETER = re.compile(r"\$([a-zA-Z_]\w*)")


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


def parameters(sql: str, given: list[str]) -> dict[str, str]:
    """
    `--param symbol=SPY` as DuckDB's named parameters, each one that the SQL names and no other.

    Raises:
        UsageWrong: one is missing, or not one that the SQL names.
    """
    wanted = sorted(set(SAVED_PARAMETER.findall(sql)))
    found = dict(pair.split("=", 1) for pair in given if "=" in pair)
    if sorted(found) != wanted or len(found) != len(given):
        raise UsageWrong(f"--param: this query takes {', '.join(f'{n}=...' for n in wanted) or 'none'}")
    return found


def run(
    con: duckdb.DuckDBPyConnection,
    sql: str,
    values: dict[str, str],
    form: Format,
    *,
    write: Callable[[bytes], object],
    width: int | None = None,
) -> tuple[str, str]:
    """
    Run one query and write its answer; returns the as-of instant and the run id of the file that answered.

    The user's SQL reaches no file, network, extension or setting. `width` is the terminal's, None for a pipe.

    Raises:
        UsageWrong: the SQL is wrong; the message is DuckDB's first line.
    """
    row = con.execute("select as_of, run_id from lake.publication").fetchone()
    as_of, run_id = (row[0].isoformat() + "Z", row[1]) if row else ("never", "none")
    con.execute("set enable_external_access = false")
    con.execute("set lock_configuration = true")
    try:
        if form in BINARY:
            write(_binary(con.sql(sql, params=values or None), form))
        else:
            con.execute(sql, values) if values else con.execute(sql)
            names = [column[0] for column in con.description or ()]
            write(_text(names, con.fetchall(), form, width).encode())
    except duckdb.Error as error:
        raise UsageWrong(f"query: {str(error).splitlines()[0]}") from None
    return as_of, run_id


def _binary(rows: duckdb.DuckDBPyRelation | None, form: str) -> bytes:
    buffer = io.BytesIO()
    if rows is None:
        raise UsageWrong("query: the SQL gives no rows; write a SELECT")
    if form == "parquet":
        import pyarrow.parquet as pq

        pq.write_table(rows.to_arrow_table(), buffer, compression="zstd")
    else:
        rows.df().to_excel(buffer, index=False, engine="xlsxwriter")
    return buffer.getvalue()


def _text(names: list[str], rows: list[tuple[Any, ...]], form: Format, width: int | None) -> str:
    if form == "json":
        return json.dumps([dict(zip(names, map(_plain, row), strict=True)) for row in rows], allow_nan=False) + "\n"
    if form == "csv":
        buffer = io.StringIO()
        writer = csv.writer(buffer, lineterminator="\n")
        writer.writerow(names)
        writer.writerows(["" if v is None else _plain(v) for v in row] for row in rows)
        return buffer.getvalue()
    if form == "md":
        lines = [names, ["---"] * len(names), *([_shown(v).replace("|", "\\|") for v in row] for row in rows)]
        return "".join(f"| {' | '.join(line)} |\n" for line in lines)
    return _table(names, rows, width)


def _table(names: list[str], rows: list[tuple[Any, ...]], width: int | None) -> str:
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for i, name in enumerate(names):
        is_number = any(isinstance(row[i], int | float | Decimal) and not isinstance(row[i], bool) for row in rows)
        table.add_column(name, justify="right" if is_number else "left", overflow="fold")
    for row in rows:
        table.add_row(*map(_shown, row))
    buffer = io.StringIO()
    # a pipe has no width of its own: as wide as the table is, so that no number is cut or folded
    console = Console(file=buffer, width=width or 100_000, highlight=False, markup=False, soft_wrap=width is None)
    console.print(table)
    return "".join(line.rstrip() + "\n" for line in buffer.getvalue().splitlines())


def _plain(value: Any) -> Any:
    """A value as JSON has it: ISO instants with Z, null for NaN and infinity."""
    if isinstance(value, datetime):
        return value.isoformat() + "Z"
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return None
    if isinstance(value, Decimal):
        return float(value)
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    return str(value)


def _shown(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.10g}"
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    return str(value)
