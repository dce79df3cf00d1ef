"""The analyst's side: comments on notes, refined versions of them, questions about symbols, hypotheses."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from etl.commands.options import Config, Demo, Later, NoLlm, instant, run, say
from etl.errors import UsageWrong

if TYPE_CHECKING:
    from datetime import date

    from etl.config.settings import Settings
    from etl.pipeline import notes
else:
    notes = Later("etl.pipeline.notes")

_NoteDate = Annotated[str, typer.Argument(metavar="DATE", help="The session of the note.")]
Author = Annotated[str | None, typer.Option("--author", help="Who writes; default: the user of this machine.")]
OneScope = Annotated[str, typer.Option("--scope", help="portfolio, a watchlist or a symbol.")]


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    for command in (comment, refine, ask, hypothesis):
        app.command()(command)


def comment(
    day: _NoteDate,
    text: Annotated[str, typer.Argument(help="What you say of it.")],
    author: Author = None,
    scope: OneScope = "portfolio",
    config: Config = None,
    demo: Demo = False,
) -> None:
    """Say something of a note; `refine` takes it up, and it stays beside the note."""
    options = notes.CommentOptions(_day(day), scope, _author(author), text)
    run(config, demo, lambda ctx: notes.comment_on(ctx, options))


def refine(
    day: _NoteDate,
    focus: Annotated[list[str] | None, typer.Option("--focus", help="A symbol or topic to dwell on.")] = None,
    scope: OneScope = "portfolio",
    no_llm: NoLlm = False,
    config: Config = None,
    demo: Demo = False,
) -> None:
    """A new version of a note that takes up its comments and what to focus on."""
    options = notes.RefineOptions(_day(day), scope, tuple(focus or ()), use_model=not no_llm)
    run(config, demo, lambda ctx: notes.refine_note(ctx, options))


def ask(
    symbol: Annotated[str, typer.Argument(help="The symbol that it is about.")],
    question: Annotated[str, typer.Argument(help="Such as: Is this a breakout?")],
    no_llm: NoLlm = False,
    config: Config = None,
    demo: Demo = False,
) -> None:
    """Ask about a symbol: answered from its candles and indicators; figures found in them, wording not checked."""
    run(config, demo, lambda ctx: notes.answer_question(ctx, symbol, question, use_model=not no_llm))


def hypothesis(
    action: Annotated[str, typer.Argument(help="add, test or list.")],
    name: Annotated[str | None, typer.Argument(help="Its name.")] = None,
    condition: Annotated[str | None, typer.Argument(help="With add: SQL, such as rsi14 < 30.")] = None,
    horizon: Annotated[int, typer.Option("--horizon", min=1, max=252, help="Sessions after the signal.")] = 21,
    split: Annotated[str | None, typer.Option("--split", help="With test: discovery ends before this date.")] = None,
    author: Author = None,
    config: Config = None,
    demo: Demo = False,
) -> None:
    """Write a hypothesis down, test it on forward returns, or list what was tried."""
    until = instant(split, "--split")
    ends = until.date() if until else None
    options = notes.HypothesisOptions(action, name, condition, horizon, ends, _author(author))
    run(config, demo, lambda ctx: notes.hypothesis_of(ctx, options))


def again(settings: "Settings", day: "date") -> None:
    """Verify a date's kept notes against their own kept facts, and show them."""
    from etl.notes.writer import analyze
    from etl.notes.writer.note_document import lines_of
    from etl.warehouse.time_travel import reading

    with reading(settings, None) as con:
        outcome, documents = analyze.verify_again(con, day)
    sys.stdout.write("\n\n".join("\n".join(lines_of(each)) for each in documents) + "\n")
    say(outcome.line)


def _day(text: str) -> "date":
    from etl.config.settings import parse_instant

    return parse_instant(text, "DATE").date()


def _author(name: str | None) -> str:
    import getpass

    try:
        return name or getpass.getuser()
    except (OSError, KeyError):  # a container without users
        raise UsageWrong("--author: this machine does not say who you are; give a name") from None
