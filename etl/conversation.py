"""The analyst's side of a run: comments, refined notes, answers, hypotheses; each publishes what it wrote."""

from contextlib import closing
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from etl import steps
from etl.choices import scope_of
from etl.errors import UsageWrong
from etl.notes import telling
from etl.observatory import Observatory, run
from etl.stages import ask, comment, hypothesis, refine
from etl.stores import knowledge, models

ACTIONS = ("add", "test", "list")


@dataclass(frozen=True, slots=True)
class Comment:
    """What the command line says of a comment."""

    for_date: date
    scope: str
    author: str
    text: str


@dataclass(frozen=True, slots=True)
class Refinement:
    """What the command line says of a refinement."""

    for_date: date
    scope: str
    focus: tuple[str, ...]
    use_model: bool = True


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """What the command line says of a hypothesis."""

    action: str
    name: str | None
    condition: str | None
    horizon: int
    split: date | None
    author: str


def comment_on(o: Observatory, said: Comment) -> int:
    """Keep a comment, and publish it."""
    scope = scope_of(o.settings, said.scope, "--scope").name
    with run(o, "comment"), steps.built(o) as build:
        outcome = comment.run(
            build.file.con,
            for_date=said.for_date,
            scope=scope,
            author=said.author,
            text=said.text,
            keep=steps.keeper(o, build),
            now=build.view.as_of,
        )
        _publish(o, build, "lake.comments")
        o.done("comment", outcome)
    return steps.code(o)


def refine_note(o: Observatory, chosen: Refinement) -> int:
    """Write a new version of a note, and publish it."""
    scope = scope_of(o.settings, chosen.scope, "--scope").name
    with run(o, "refine"), steps.built(o) as build:
        rows = build.file.con.execute(
            "select text from marts.user_comments where for_date = ? and scope = ?", [chosen.for_date, scope]
        ).fetchall()
        said = " ".join((*(row[0] for row in rows), *chosen.focus))
        passages = knowledge.relevant(_knowledge(o), said)
        outcome = refine.run(
            build.file.con,
            refine.Wish(chosen.for_date, scope, chosen.focus, passages),
            **steps.means(o, build, use_model=chosen.use_model),
        )
        _publish(o, build, "lake.notes")
        o.done("refine", outcome)
    o.terminal.show(telling.text_of([str(outcome.details["document"])] if outcome.details["document"] else []))
    return steps.code(o)


def answer(o: Observatory, symbol: str, question: str, *, use_model: bool) -> int:
    """Answer a question about a symbol, and publish the answer."""
    scope = scope_of(o.settings, symbol, "SYMBOL")
    if len(scope.members) != 1:
        raise UsageWrong(f"SYMBOL: {symbol!r} is not one symbol")
    with run(o, "ask"), steps.built(o) as build:
        outcome = ask.run(
            build.file.con,
            scope.members[0],
            question,
            passages=knowledge.relevant(_knowledge(o), question),
            **steps.means(o, build, use_model=use_model),
        )
        _publish(o, build, "lake.notes")
        o.done("ask", outcome)
    o.terminal.show(telling.text_of([str(outcome.details["document"])]))
    return steps.code(o)


def on_hypothesis(o: Observatory, asked: Hypothesis) -> int:
    """
    Add, test or list.

    Raises:
        UsageWrong: no such action, or what it needs is not given.
    """
    if asked.action not in ACTIONS:
        raise UsageWrong(f"hypothesis: {asked.action!r}; allowed: {', '.join(ACTIONS)}")
    if asked.action == "list":
        with closing(o.warehouse.read()) as con:
            o.terminal.show("\n".join(hypothesis.listed(con)) or "no hypothesis is written down yet")
        return steps.DONE
    if asked.name is None or (asked.condition is None) == (asked.action == "add"):
        raise UsageWrong('hypothesis: write `add NAME "CONDITION"` or `test NAME`')
    with run(o, "hypothesis"), steps.built(o) as build, closing(o.warehouse.read()) as reader:
        con, keep, now, bounds = build.file.con, steps.keeper(o, build), build.view.as_of, steps.query_bounds(o)
        if asked.condition is not None:
            outcome = hypothesis.add(
                con,
                reader,
                bounds,
                name=asked.name,
                condition=asked.condition,
                horizon=asked.horizon,
                author=asked.author,
                keep=keep,
                now=now,
            )
        else:
            outcome = hypothesis.test(con, reader, bounds, name=asked.name, split=asked.split, keep=keep, now=now)
        _publish(o, build, "lake.hypotheses", "lake.hypothesis_tests")
        o.done("hypothesis", outcome)
    if "document" in outcome.details:
        o.terminal.show("\n".join(hypothesis.lines_of(outcome.details["document"])))  # type: ignore[arg-type]  # a test's
    return steps.code(o)


def _publish(o: Observatory, build: steps.Build, *changed: str) -> None:
    models.build_after(build.file.con, build.models, set(changed))
    steps.publish(o, build)


def _knowledge(o: Observatory) -> Path | None:
    """The folder of knowledge; a relative one is beside the mfo.toml that names it."""
    folder = o.settings.tables.notes.knowledge
    return Path(o.settings.source).parent / folder.expanduser() if folder else None
