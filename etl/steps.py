"""
One step of a run each: a stage, given the stores of an Observatory, and what it did said and noted.

The order in which they come stands in etl/pipeline.py.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from etl import __version__, catalogue, overview
from etl.choices import Choice
from etl.domain import Answer, Limits, Outcome, Request
from etl.errors import SiteDiffers
from etl.notes.prompt import NoteSettings
from etl.observatory import Observatory
from etl.providers import CLOSED, PROVIDERS
from etl.publication import SERIES
from etl.sessions import session_of
from etl.settings import data_folder
from etl.stages import analyze, check, export, load, score, transform
from etl.stages.extract import Extractor, refuse_where_nothing_came
from etl.stores import llm, models
from etl.stores.migration import refuse_other_version, schema_of
from etl.stores.site import SiteFolder
from etl.stores.view import Connection, View, seen_as_of
from etl.stores.warehouse import SCHEMA_VERSION, NextFile

DONE, PARTIAL = 0, 3


@dataclass(frozen=True, slots=True)
class NoteChoice:
    """What the command line says of the note. `use_model=False` writes the rules' note only."""

    for_date: datetime | None = None
    use_model: bool = True
    force: bool = False


@dataclass(frozen=True, slots=True)
class SiteChoice:
    """What the command line says of the site: where to, as of when, compare only, without what may not be shared."""

    out: Path | None = None
    as_of: datetime | None = None
    basis: str = "known"
    compare: bool = False
    public: bool = False


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
    return Extractor(
        providers=PROVIDERS,
        limits=limits,
        ledger=o.ledger,
        lake=o.lake,
        http=o.http,
        clock=o.clock,
        run_id=o.run_id,
        attempts=o.settings.tables.extract.attempts,
        progress=o.terminal,
    )


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


@contextmanager
def built(o: Observatory, *, rebuild: bool = False) -> Iterator[Build]:
    """The next warehouse, loaded and checked; published only by `_publish`."""
    is_fresh = rebuild or load.is_stale(o.warehouse, o.parquet)
    if is_fresh or (o.warehouse.exists() and schema_of(o.warehouse) != SCHEMA_VERSION):
        transform_kept(o, is_early=True)  # the last run's own documents stand in the lake, and in Parquet not yet
    with o.warehouse.next_file(fresh=is_fresh) as file:
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
        yield build


def keep_own(o: Observatory, build: Build, kind: str, subject: str, body: bytes) -> Answer:
    """Keep a document of our own like any answer, at the instant of the run."""
    request = Request(transform.OWN, kind, subject, f"/{kind}")
    at = build.view.as_of
    answer = Answer(request, 200, {}, o.http.redact(body), at, at, o.ledger.number(request, o.run_id), o.run_id)
    o.lake.keep(answer)
    build.file.append("answers", [transform.answer_row(answer)])
    return answer


def score_due(o: Observatory, build: Build) -> None:
    """Settle what fell due, and build the models that show it."""
    outcome = score.run(
        build.file.con,
        keep=lambda kind, subject, body: keep_own(o, build, kind, subject, body),
        now=build.view.as_of,
        run_id=o.run_id,
    )
    models.build_after(build.file.con, build.models, {"lake.settlements"})
    o.done("score", outcome)


def analyze_day(o: Observatory, build: Build, notes: NoteChoice) -> None:
    """Write the note of the day, and build the models that show it."""
    settings = o.settings.tables.notes
    key = o.settings.keys.get("OPENAI_API_KEY")
    base_url = o.settings.base_urls.get("OPENAI_BASE_URL")
    model = None
    if notes.use_model and (key or base_url) and not o.settings.demo:
        model = llm.Llm(base_url=base_url, key=key, model=o.settings.openai_model, timeout_s=settings.timeout_s)
    outcome = analyze.run(
        build.file.con,
        llm=model,
        keep=lambda kind, subject, body: keep_own(o, build, kind, subject, body),
        now=build.view.as_of,
        run_id=o.run_id,
        for_date=notes.for_date.date() if notes.for_date else None,
        force=notes.force,
        prompts_root=data_folder("prompts"),
        settings=NoteSettings(
            temperature=settings.temperature,
            max_tokens=settings.max_tokens,
            tokens_per_day=settings.tokens_per_day,
            model=o.settings.openai_model,
        ),
    )
    models.build_after(build.file.con, build.models, {"lake.notes"})
    o.done("analyze", outcome)


def publish(o: Observatory, build: Build) -> None:
    """Swap the file in; what was published, and with which universe, is kept in the lake like any answer."""
    said = {"run_id": o.run_id, "as_of": build.view.as_of.isoformat(), "version": __version__}
    body = json.dumps({**said, "configuration": build.configuration}, sort_keys=True).encode()
    load.number_publication(build.file, keep_own(o, build, "publication", o.run_id, body))
    build.file.publish()
    o.done("publish", Outcome(f"{o.warehouse.path} as of {build.view.as_of.isoformat(timespec='seconds')}"))


def export_site(o: Observatory, site: SiteChoice) -> None:
    """Write the site folder, or compare it with what is there."""
    root = site.out.absolute() if site.out else o.folder.site
    with _seen(o, site) as con:
        outcome = export.run(
            con,
            SiteFolder(root),
            page_root=data_folder("dashboard"),
            cache=o.folder.cache,
            version=__version__,
            timezone=o.settings.timezone,
            check=site.compare,
            public=site.public,
            closed=CLOSED,
        )
    if site.compare and outcome.undone:
        raise SiteDiffers("\n".join([f"{root} is not what this warehouse gives:", *outcome.undone]))
    o.done("export", outcome)


@contextmanager
def _seen(o: Observatory, site: SiteChoice) -> Iterator[Connection]:
    """The published file, or a copy of it that shows the lake as it was at an instant."""
    if site.as_of is None:
        refuse_other_version(o.warehouse)
        with closing(o.warehouse.read()) as con:
            yield con
        return
    with seen_as_of(o.warehouse, o.folder.cache, site.as_of, site.basis, data_folder("sql")) as con:
        yield con
