"""
What all commands share: the options that many of them take, and how one opens the data folder and ends.

An option's help stands here once; a command module says only what the command does with it.
"""

import importlib
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from etl.errors import Stopped, UsageWrong

if TYPE_CHECKING:
    from datetime import datetime

    from etl.config.settings import Settings
    from etl.pipeline.context import RunContext


class Later(str):
    """A module that is imported when a command first needs it: `mfo --help` does not wait for DuckDB."""

    def __getattr__(self, word: str) -> object:
        return getattr(importlib.import_module(self), word)


Demo = Annotated[bool, typer.Option("--demo", help="Made-up data, in the demo's own data folder.")]
Config = Annotated[Path | None, typer.Option("--config", help="The mfo.toml to use.")]
AsJson = Annotated[bool, typer.Option("--json", help="For programs: JSON on stdout.")]
Force = Annotated[bool, typer.Option("--force", help="Ask again for what is fresh.")]
AsOf = Annotated[str | None, typer.Option("--as-of", help="As it was known then: 2025-11-01T03:43:00Z or a date.")]
Basis = Annotated[str, typer.Option("--basis", help="With --as-of: known, or published for a replay.")]
Only = Annotated[str | None, typer.Option("--only", help="Ask this provider only.")]
Symbol = Annotated[list[str] | None, typer.Option("--symbol", help="A symbol, series or watchlist; may be repeated.")]
Since = Annotated[str | None, typer.Option("--since", help="From this date on.")]
NoteDate = Annotated[str | None, typer.Option("--date", help="The session that the note is for.")]
To = Annotated[str | None, typer.Option("--to", help="Up to the end of this date; default: now.")]
IntervalOption = Annotated[str | None, typer.Option("--interval", help="1m or 1d; default: crypto 1m, equities 1d.")]
NoLlm = Annotated[bool, typer.Option("--no-llm", help="The rules' note only; no model is asked.")]


def say(line: str) -> None:
    """One line of words on stderr."""
    sys.stderr.write(line + "\n")


def show(found: object, lines: list[str], as_json: bool) -> int:
    """Data on stdout: JSON for programs, else lines for people; exit code 0."""
    sys.stdout.write(json.dumps(found) + "\n" if as_json else "\n".join([*lines, ""]))
    return 0


def settings(config: Path | None, demo: bool) -> "Settings":
    """
    The settings of a command.

    Raises:
        SettingsWrong: a file or variable says what is not allowed.
    """
    from etl.config.loader import read_settings

    return read_settings(config=config, demo=demo)


def run(config: Path | None, demo: bool, work: "Callable[[RunContext], int]") -> None:
    """Open the data folder, do one thing with it, and end with its exit code."""
    from etl.pipeline.context import open_context

    try:
        with open_context(settings(config, demo)) as ctx:
            code = work(ctx)
    except KeyboardInterrupt:
        raise Stopped("stopped; what was kept and published stands") from None
    raise typer.Exit(code)


def instant(text: str | None, where: str) -> "datetime | None":
    """
    An option's instant; None where it is not given.

    Raises:
        UsageWrong: it is no date or instant; `where` names the option.
    """
    from etl.config.settings import parse_instant

    return parse_instant(text, where) if text else None


def past_instant(as_of: str | None, basis: str) -> "datetime | None":
    """
    The instant of `--as-of`, `--basis` checked with it; None for the published warehouse itself.

    Raises:
        UsageWrong: one of them is not allowed, or a replay names no instant.
    """
    if basis not in ("known", "published"):
        raise UsageWrong(f"--basis: {basis!r}; allowed: known, published")
    if basis == "published" and not as_of:
        raise UsageWrong("--basis published replays an instant: give --as-of")
    return instant(as_of, "--as-of")
