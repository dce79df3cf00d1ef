"""
One step of a run each: a stage, given the stores of an Observatory, and what it did said and noted.

The order in which they come stands in etl/pipeline.py.
"""

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TypedDict

from etl import __version__, catalogue, overview
from etl.choices import Choice, scope_of
from etl.domain import Answer, Limits, Outcome, Request
from etl.errors import DataWrong
from etl.notes.modes import DAILY, Mode
from etl.notes.prompt import NoteSettings
from etl.observatory import Observatory
from etl.providers import PROVIDERS
from etl.publication import SERIES
from etl.sessions import session_of
from etl.settings import data_folder
from etl.stages import analyze, check, hypothesis, load, maintain, score, transform
from etl.stages.extract import Extractor, refuse_where_nothing_came
from etl.stores import database_file, lineage, llm, models
from etl.stores.capabilities import RefusedParameters
from etl.stores.guard import Bounds
from etl.stores.migration import schema_of
from etl.stores.past import Past, write_past
from etl.stores.view import View
from etl.stores.warehouse import SCHEMA_VERSION, NextFile

DONE, PARTIAL = 0, 3


@dataclass(frozen=True, slots=True)
class NoteChoice:
    """What the command line says of the note. `use_model=False` writes the rules' note only."""

    for_date: datetime | None = None
    use_model: bool = True
    force: bool = False
    mode: Mode = DAILY
    scopes: tuple[str, ...] = ()  # none: those of the settings


@dataclass(frozen=True, slots=True)
class Build:
    """The next warehouse while it is made."""

    file: NextFile
    view: View
    models: tuple[models.Model, ...]
    configuration: dict[str, catalogue.Rows]


def code(o: Observatory) -> int:
    """The exit code of a run by what is left undone."""
    return PARTIAL if o.undone else DONE


def extract(o: Observatory, choice: Choice, meanwhile: Callable[[], None] = lambda: None) -> None:
    """Ask for what is due; `meanwhile` runs while the slowest provider is waited for."""
    tasks, skipped = overview.due(o, choice), overview.skipped(o, choice)
    with o.terminal:
        outcome = extractor(o, catalogue.limits_of(o.settings)).run(tasks, meanwhile)
        o.done("extract", replace(outcome, undone=(*outcome.undone, *skipped)))
    refuse_where_nothing_came(outcome)


def extractor(o: Observatory, limits: Mapping[str, Limits]) -> Extractor:
    """One that asks within these limits."""
    return Extractor(providers=PROVIDERS, limits=limits, asker=o.asker(limits), clock=o.clock, progress=o.terminal)


def transform_kept(o: Observatory, *, everything: bool = False, is_early: bool = False) -> None:
    """Kept answers -> Parquet; early ones are noted and not said, as more of them come."""
    transformer = transform.Transformer(
        lake=o.lake,
        parquet=o.parquet,
        journal=o.journal,
        providers=PROVIDERS,
        session_of=session_of,
        frequency_of=lambda series_id: SERIES[series_id].frequency if series_id in SERIES else "D",
    )
    (o.note if is_early else o.done)("transform", transformer.run(everything=everything))


def set_aside(o: Observatory, *, whole: bool = False) -> bool:
    """Put a published file that cannot be read, and a log of another program, out of the way; whether there was any."""
    lines = database_file.set_aside_unreadable(o.warehouse.path, o.clock.now(), whole=whole)
    for line in lines:
        o.terminal.say(f"{'warehouse':>10}  {line}", level="warning", event="load")
    return bool(lines)


@contextmanager
def built(o: Observatory, *, rebuild: bool = False) -> Iterator[Build]:
    """
    The next warehouse, loaded and checked; published only by `publish`.

    A published file that turns out to be unreadable on the way is set aside, and the next one is built from Parquet.
    """
    set_aside(o)
    try:
        build, opened = _loaded(o, rebuild=rebuild)
    except DataWrong as error:
        if not database_file.BROKEN.search(str(error)) or not set_aside(o, whole=True):
            raise
        build, opened = _loaded(o, rebuild=True)
    with opened:
        yield build


def _loaded(o: Observatory, *, rebuild: bool) -> tuple[Build, ExitStack]:
    """The next file, and what closes it."""
    fresh = rebuild or load.is_stale(o.warehouse, o.parquet)
    if fresh or (o.warehouse.exists() and schema_of(o.warehouse) != SCHEMA_VERSION):
        transform_kept(o, is_early=True)  # the last run's own documents stand in the lake, and in Parquet not yet
    with ExitStack() as opened:
        file = opened.enter_context(o.warehouse.next_file(fresh=fresh))
        view = View(o.clock.now(), o.run_id, o.settings.demo, __version__)
        configuration = catalogue.configuration(o.settings, o.http.has_key)
        build = Build(file, view, models.load_models(data_folder("sql")), configuration)
        outcome = load.run(
            file,
            view,
            parquet=o.parquet,
            ledger=o.ledger,
            journal=o.journal,
            configuration=configuration,
            this_run=o.row(),
            built=build.models,
        )
        o.done("load", outcome)
        checked = check.run(
            file,
            build.models,
            sql_root=data_folder("sql"),
            run_id=o.run_id,
            as_of=view.as_of,
            stop=lambda results: o.journal.note_checks(o.run_id, results),
        )
        o.done("check", checked)
        return build, opened.pop_all()


def load_past(o: Observatory, past: Past) -> None:
    """Write a look at the past beside the published file, and say where and what it shows."""
    word = "as-of" if past.basis == "known" else "published-as-of"
    target = o.warehouse.path.with_name(f"{o.warehouse.path.stem}.{word}-{past.instant:%Y%m%dT%H%M%SZ}.duckdb")
    view = write_past(o.warehouse, o.folder.cache, past, data_folder("sql"), target)
    basis = "known" if past.basis == "known" else "published, reconstructed"
    o.done("load", Outcome(f"{target} as of {view.as_of.isoformat(timespec='seconds')} ({basis}), run {view.run_id}"))


def keep_own(o: Observatory, build: Build, kind: str, subject: str, body: bytes) -> Answer:
    """Keep a document of our own like any answer, at the instant of the run."""
    request = Request(transform.OWN, kind, subject, f"/{kind}")
    at = build.view.as_of
    answer = Answer(request, 200, {}, o.http.redact(body), at, at, o.ledger.number(request, o.run_id), o.run_id)
    o.lake.keep(answer)
    build.file.append("answers", [transform.answer_row(answer)])
    return answer


def keeper(o: Observatory, build: Build) -> Callable[[str, str, bytes], Answer]:
    """What keeps a stage's documents: kind, subject and body -> the kept answer."""
    return lambda kind, subject, body: keep_own(o, build, kind, subject, body)


def score_due(o: Observatory, build: Build) -> None:
    """Settle what fell due, and build the models that show it."""
    outcome = score.run(build.file.con, keep=keeper(o, build), now=build.view.as_of, run_id=o.run_id)
    models.build_after(build.file.con, build.models, {"lake.settlements"})
    o.done("score", outcome)
    if o.warehouse.exists():
        with closing(o.warehouse.read()) as reader:
            settled = hypothesis.settle(
                build.file.con, reader, query_bounds(o), keep=keeper(o, build), now=build.view.as_of
            )
        if settled:
            models.build_after(build.file.con, build.models, {"lake.hypothesis_tests"})
            o.done("score", settled)


def query_bounds(o: Observatory) -> Bounds:
    """What a user's own SQL may take."""
    return Bounds(o.settings.tables.query.timeout_s, o.settings.tables.query.memory)


def note_settings(o: Observatory) -> NoteSettings:
    """What a note may cost and how it is asked for."""
    own = o.settings.tables.notes.model_dump(exclude={"timeout_s", "scopes", "knowledge"})
    return NoteSettings(**own)


class Means(TypedDict):
    """What a stage that writes is given: who may speak, where it is kept, as of when, and within which settings."""

    llm: llm.Llm | None
    keep: Callable[[str, str, bytes], Answer]
    now: datetime
    run_id: str
    prompts_root: Path
    settings: NoteSettings


def means(o: Observatory, build: Build, *, use_model: bool) -> Means:
    """What this run has for a stage that writes."""
    return {
        "llm": llm.llm_of(o.settings, RefusedParameters(o.state)) if use_model else None,
        "keep": keeper(o, build),
        "now": build.view.as_of,
        "run_id": o.run_id,
        "prompts_root": data_folder("prompts"),
        "settings": note_settings(o),
    }


def analyze_day(o: Observatory, build: Build, notes: NoteChoice) -> list[str]:
    """Write the notes of the day, and build the models that show them; the documents that stand, as JSON."""
    shown = []
    for name in notes.scopes or o.settings.tables.notes.scopes:
        outcome = analyze.run(
            build.file.con,
            **means(o, build, use_model=notes.use_model),
            scope=scope_of(o.settings, name, "--scope"),
            mode=notes.mode,
            for_date=notes.for_date.date() if notes.for_date else None,
            force=notes.force,
        )
        shown += [str(outcome.details["document"])] if outcome.details["document"] else []
        o.done("analyze", outcome)
    models.build_after(build.file.con, build.models, {"lake.notes"})
    return shown


def publish(o: Observatory, build: Build) -> None:
    """Swap the file in with the run as it stands; what was published, and with which universe, is kept in the lake."""
    said = {"run_id": o.run_id, "as_of": build.view.as_of.isoformat(), "version": __version__}
    body = json.dumps({**said, "configuration": build.configuration}, sort_keys=True).encode()
    load.note_run(build.file, o.run_id, o.row())
    models.build_after(build.file.con, build.models, {"lake.runs"})
    load.number_publication(build.file, keep_own(o, build, "publication", o.run_id, body))
    build.file.publish()
    o.done("publish", Outcome(f"{o.warehouse.path} as of {build.view.as_of.isoformat(timespec='seconds')}"))


def maintained(o: Observatory) -> None:
    """Verify every kept answer, and that every published figure has one; move what is old; sweep left-overs away."""

    def resting(proven: Collection[int]) -> list[str]:
        if not o.warehouse.exists():
            return []
        with closing(o.warehouse.read()) as con:
            return lineage.unproven(con, proven)

    maintainer = maintain.Maintainer(
        root=o.folder.root,
        lake=o.lake,
        parquet=o.parquet,
        warehouse=o.warehouse,
        read=o.journal.read_before().keys(),
        retention=o.settings.tables.retention,
        now=o.clock.now(),
        sql_root=data_folder("sql"),
        resting=resting,
    )
    o.done("maintain", maintainer.run())
