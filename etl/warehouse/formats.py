"""Rows as text: strict JSON, csv, markdown, or a table as wide as the terminal."""

import csv
import io
import json
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any

TableRow = tuple[Any, ...]


def text_of_rows(names: list[str], rows: Iterable[TableRow], form: str, width: int | None) -> Iterator[str]:
    """An answer as text, in portions; a table is laid out as a whole."""
    if form == "json":
        before = "["
        for row in rows:
            yield before + json.dumps(dict(zip(names, map(_plain, row), strict=True)), allow_nan=False)
            before = ", "
        yield "[]\n" if before == "[" else "]\n"
    elif form == "csv":
        yield _csv(names)
        yield from (_csv(["" if v is None else _plain(v) for v in row]) for row in rows)
    elif form == "md":
        for line in (names, ["---"] * len(names), *([_shown(v).replace("|", "\\|") for v in row] for row in rows)):
            yield f"| {' | '.join(line)} |\n"
    else:
        yield _table(names, list(rows), width)


def _csv(values: list[Any]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerow(values)
    return buffer.getvalue()


def _table(names: list[str], rows: list[TableRow], width: int | None) -> str:
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
