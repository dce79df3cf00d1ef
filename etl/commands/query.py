"""`mfo query`: options -> one answer on stdout, and what it is as of on stderr; alone on a terminal, a prompt."""

import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from etl.commands.options import AsOf, Basis, Config, Demo, Later, past_instant, say, settings
from etl.errors import UsageWrong
from etl.warehouse.formats import text_of_rows

if TYPE_CHECKING:
    from etl.config.settings import Settings
    from etl.models import lineage
    from etl.warehouse import time_travel as past
    from etl.warehouse import user_query as stage
    from etl.warehouse.sandbox import Bounds
else:
    stage, past, lineage = map(Later, ("etl.warehouse.user_query", "etl.warehouse.time_travel", "etl.models.lineage"))


@dataclass(frozen=True, slots=True)
class Desk:
    """How answers are given: from which file, in which form, within which bounds."""

    settings: "Settings"
    seen: "past.PastInstant | None"
    form: "stage.Format"
    width: int | None
    bounds: "Bounds"

    def answer(self, sql: str, values: dict[str, str]) -> None:
        """One query: rows on stdout, the instant and the run that they are of on stderr."""
        write = sys.stdout.buffer.write
        with past.reading(self.settings, self.seen) as con:
            shown, run_id = stage.run(con, sql, values, self.form, write=write, width=self.width, bounds=self.bounds)
        sys.stdout.flush()
        say(f"as of {shown}, run {run_id}")

    def explain(self, words: str, sql_root: Path) -> None:
        """The answers that a figure rests on as rows, and in words on stderr."""
        if self.form in stage.BINARY:
            raise UsageWrong(f"--explain-source: --format {self.form}; allowed: table, csv, json, md")
        with past.reading(self.settings, self.seen) as con:
            found, (shown, run_id) = lineage.explained(con, words, sql_root), stage.shown(con)
        if found.rows:
            sys.stdout.writelines(text_of_rows(list(lineage.NAMES), found.rows, self.form, self.width))
            sys.stdout.flush()
        say("\n".join([*found.lines, f"as of {shown}, run {run_id}"]))


def query(
    sql: Annotated[str | None, typer.Argument(help="A SELECT over the marts.")] = None,
    file: Annotated[Path | None, typer.Option("-f", help="Read the SQL from a file.")] = None,
    name: Annotated[str | None, typer.Option("--name", help="A saved query of sql/queries.")] = None,
    param: Annotated[list[str] | None, typer.Option("--param", help="name=value for a saved query.")] = None,
    saved: Annotated[bool, typer.Option("--list", help="List the saved queries.")] = False,
    explain: Annotated[
        str | None, typer.Option("--explain-source", help="RELATION KEYS COLUMN: what it rests on.")
    ] = None,
    form: Annotated[str, typer.Option("--format", help="table, csv, json, parquet, xlsx or md.")] = "table",
    as_of: AsOf = None,
    basis: Basis = "known",
    timeout: Annotated[float | None, typer.Option("--timeout", min=0, help="Stop after so many seconds.")] = None,
    memory: Annotated[str | None, typer.Option("--memory", help="At most that much memory, as 2GB.")] = None,
    config: Config = None,
    demo: Demo = False,
) -> None:
    """Read-only SQL over the published warehouse, while cron runs; alone on a terminal, a prompt."""
    from etl.config.settings import data_folder

    root, is_terminal = data_folder("sql"), sys.stdout.isatty()
    if saved:
        sys.stdout.write("\n".join([*stage.listed(root), ""]))
        return
    at, known = past_instant(as_of, basis), settings(config, demo)
    desk = Desk(
        known,
        past.PastInstant(at, basis) if at else None,
        stage.checked_format(form, is_terminal=is_terminal),
        shutil.get_terminal_size().columns if is_terminal else None,
        stage.bounds(known.tables.query, timeout, memory),
    )
    if explain is not None:
        desk.explain(explain, root)
        return
    if (sql, file, name) == (None, None, None) and sys.stdin.isatty() and is_terminal:
        _prompt(desk, root)
        return
    text = stage.text_of(sql, file, name, root)
    desk.answer(text, stage.parameters(text, param or []) if name or param else {})


def _prompt(desk: Desk, root: Path) -> None:
    from etl.commands import repl

    past.open_reading(desk.settings, desk.seen).close()  # where there is nothing to ask, that is said first
    repl.run(desk.answer, root)
