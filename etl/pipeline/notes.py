"""The notes of a run: scored, written, refined, commented on; each command publishes what it wrote."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TypedDict

from etl.config.settings import data_folder, scope_of
from etl.domain import Response
from etl.errors import UsageWrong
from etl.notes.annotations import comment, hypothesis
from etl.notes.scoring import score
from etl.notes.writer import analyze, ask, knowledge, note_document, refine
from etl.notes.writer.llm_client import OpenAiServer, llm_of
from etl.notes.writer.modes import DAILY, Mode
from etl.notes.writer.prompt import NoteSettings
from etl.pipeline.context import DONE, RunContext, run
from etl.pipeline.publication import NextWarehouse, keeper, next_warehouse, publish, rebuild_after
from etl.state.capabilities import RefusedParameters
from etl.warehouse.sandbox import Bounds

HYPOTHESIS_ACTIONS = ("add", "test", "list")


@dataclass(frozen=True, slots=True)
class NoteOptions:
    """What the command line says of the note. `use_model=False` writes the rules' note only."""

    for_date: datetime | None = None
    use_model: bool = True
    force: bool = False
    mode: Mode = DAILY
    scopes: tuple[str, ...] = ()  # none: those of the settings


@dataclass(frozen=True, slots=True)
class CommentOptions:
    """What the command line says of a comment."""

    for_date: date
    scope: str
    author: str
    text: str


@dataclass(frozen=True, slots=True)
class RefineOptions:
    """What the command line says of a refinement."""

    for_date: date
    scope: str
    focus: tuple[str, ...]
    use_model: bool = True


@dataclass(frozen=True, slots=True)
class HypothesisOptions:
    """What the command line says of a hypothesis."""

    action: str
    name: str | None
    condition: str | None
    horizon: int
    split: date | None
    author: str


class WriterInputs(TypedDict):
    """What a stage that writes is given: the model, where documents are kept, as of when, and within which settings."""

    llm: OpenAiServer | None
    keep: Callable[[str, str, bytes], Response]
    now: datetime
    run_id: str
    prompts_root: Path
    settings: NoteSettings


def score_due(ctx: RunContext, warehouse: NextWarehouse) -> None:
    """Settle what fell due, and build the models that show it."""
    con, now, keep = warehouse.file.con, warehouse.view.as_of, keeper(ctx, warehouse)
    outcome = score.run(con, keep=keep, now=now, run_id=ctx.run_id)
    rebuild_after(warehouse, "lake.settlements")
    ctx.report.say("score", outcome)
    if ctx.warehouse.exists():
        with closing(ctx.warehouse.read()) as reader:
            settled = hypothesis.settle(con, reader, _query_bounds(ctx), keep=keep, now=now)
        if settled:
            rebuild_after(warehouse, "lake.hypothesis_tests")
            ctx.report.say("score", settled)


def analyze_day(ctx: RunContext, warehouse: NextWarehouse, options: NoteOptions) -> list[str]:
    """Write the notes of the day, and build the models that show them; the documents that stand, as JSON."""
    shown = []
    for name in options.scopes or ctx.settings.tables.notes.scopes:
        outcome = analyze.run(
            warehouse.file.con,
            **_writer_inputs(ctx, warehouse, use_model=options.use_model),
            scope=scope_of(ctx.settings, name, "--scope"),
            mode=options.mode,
            for_date=options.for_date.date() if options.for_date else None,
            force=options.force,
        )
        shown += [str(outcome.details["document"])] if outcome.details["document"] else []
        ctx.report.say("analyze", outcome)
    rebuild_after(warehouse, "lake.notes")
    return shown


def comment_on(ctx: RunContext, options: CommentOptions) -> int:
    """Keep a comment, and publish it."""
    scope = scope_of(ctx.settings, options.scope, "--scope").name
    with run(ctx, "comment"), next_warehouse(ctx) as warehouse:
        outcome = comment.run(
            warehouse.file.con,
            for_date=options.for_date,
            scope=scope,
            author=options.author,
            text=options.text,
            keep=keeper(ctx, warehouse),
            now=warehouse.view.as_of,
        )
        rebuild_after(warehouse, "lake.comments")
        publish(ctx, warehouse)
        ctx.report.say("comment", outcome)
    return ctx.report.exit_code


def refine_note(ctx: RunContext, options: RefineOptions) -> int:
    """Write a new version of a note, and publish it."""
    scope = scope_of(ctx.settings, options.scope, "--scope").name
    with run(ctx, "refine"), next_warehouse(ctx) as warehouse:
        rows = warehouse.file.con.execute(
            "select text from marts.user_comments where for_date = ? and scope = ?", [options.for_date, scope]
        ).fetchall()
        wanted = " ".join((*(row[0] for row in rows), *options.focus))
        passages = knowledge.relevant(_knowledge_folder(ctx), wanted)
        outcome = refine.run(
            warehouse.file.con,
            refine.Wish(options.for_date, scope, options.focus, passages),
            **_writer_inputs(ctx, warehouse, use_model=options.use_model),
        )
        rebuild_after(warehouse, "lake.notes")
        publish(ctx, warehouse)
        ctx.report.say("refine", outcome)
    document = outcome.details["document"]
    ctx.terminal.show(note_document.text_of([str(document)] if document else []))
    return ctx.report.exit_code


def answer_question(ctx: RunContext, symbol: str, question: str, *, use_model: bool) -> int:
    """Answer a question about a symbol, and publish the answer."""
    scope = scope_of(ctx.settings, symbol, "SYMBOL")
    if len(scope.members) != 1:
        raise UsageWrong(f"SYMBOL: {symbol!r} is not one symbol")
    with run(ctx, "ask"), next_warehouse(ctx) as warehouse:
        outcome = ask.run(
            warehouse.file.con,
            scope.members[0],
            question,
            passages=knowledge.relevant(_knowledge_folder(ctx), question),
            **_writer_inputs(ctx, warehouse, use_model=use_model),
        )
        rebuild_after(warehouse, "lake.notes")
        publish(ctx, warehouse)
        ctx.report.say("ask", outcome)
    ctx.terminal.show(note_document.text_of([str(outcome.details["document"])]))
    return ctx.report.exit_code


def hypothesis_of(ctx: RunContext, options: HypothesisOptions) -> int:
    """
    Add, test or list hypotheses.

    Raises:
        UsageWrong: no such action, or what it needs is not given.
    """
    if options.action not in HYPOTHESIS_ACTIONS:
        raise UsageWrong(f"hypothesis: {options.action!r}; allowed: {', '.join(HYPOTHESIS_ACTIONS)}")
    if options.action == "list":
        with closing(ctx.warehouse.read()) as con:
            ctx.terminal.show("\n".join(hypothesis.listed(con)) or "no hypothesis is written down yet")
        return DONE
    if options.name is None or (options.condition is None) == (options.action == "add"):
        raise UsageWrong('hypothesis: write `add NAME "CONDITION"` or `test NAME`')
    with run(ctx, "hypothesis"), next_warehouse(ctx) as warehouse, closing(ctx.warehouse.read()) as reader:
        con, keep, now = warehouse.file.con, keeper(ctx, warehouse), warehouse.view.as_of
        if options.condition is not None:
            outcome = hypothesis.add(
                con,
                reader,
                _query_bounds(ctx),
                name=options.name,
                condition=options.condition,
                horizon=options.horizon,
                author=options.author,
                keep=keep,
                now=now,
            )
        else:
            outcome = hypothesis.test(
                con, reader, _query_bounds(ctx), name=options.name, split=options.split, keep=keep, now=now
            )
        rebuild_after(warehouse, "lake.hypotheses", "lake.hypothesis_tests")
        publish(ctx, warehouse)
        ctx.report.say("hypothesis", outcome)
    if "document" in outcome.details:
        ctx.terminal.show("\n".join(hypothesis.lines_of(outcome.details["document"])))  # type: ignore[arg-type]  # a test's
    return ctx.report.exit_code


def _writer_inputs(ctx: RunContext, warehouse: NextWarehouse, *, use_model: bool) -> WriterInputs:
    own = ctx.settings.tables.notes.model_dump(exclude={"timeout_s", "scopes", "knowledge"})
    return {
        "llm": llm_of(ctx.settings, RefusedParameters(ctx.state)) if use_model else None,
        "keep": keeper(ctx, warehouse),
        "now": warehouse.view.as_of,
        "run_id": ctx.run_id,
        "prompts_root": data_folder("prompts"),
        "settings": NoteSettings(**own),
    }


def _query_bounds(ctx: RunContext) -> Bounds:
    """What a user's own SQL may take."""
    return Bounds(ctx.settings.tables.query.timeout_s, ctx.settings.tables.query.memory)


def _knowledge_folder(ctx: RunContext) -> Path | None:
    """The folder of knowledge; a relative one is beside the mfo.toml that names it."""
    folder = ctx.settings.tables.notes.knowledge
    return Path(ctx.settings.source).parent / folder.expanduser() if folder else None
