"""
The order of the stages, and what a run publishes.

    extract -> transform -> load -> check -> score -> analyze -> publish -> export

`daily` publishes once, at its end: the next warehouse file is built, checked, scored and analysed, then swapped in,
then exported. A stage that is run alone publishes its own change in the same way. Each function returns the exit
code: 0 all done, 3 partial; any other comes from the error tree.
"""

import random
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime

from etl.config.settings import Settings, data_folder
from etl.domain import Limits, Outcome
from etl.extract import plan
from etl.extract.extract import Extractor, refuse_where_nothing_came
from etl.extract.fetcher import Fetcher
from etl.extract.reference_tables import limits_of
from etl.extract.selection import Selection
from etl.notes.writer import note_document
from etl.pipeline.context import RunContext, open_context, run
from etl.pipeline.notes import NoteOptions, analyze_day, score_due
from etl.pipeline.publication import next_warehouse, publish, set_aside, transform_kept
from etl.providers import PROVIDERS
from etl.site.publish.export import ExportOptions, export_site
from etl.site.publish.folder import page_files
from etl.site.publish.vega import compiled_specs, vega_bundle
from etl.warehouse.as_of import suspected_gaps
from etl.warehouse.time_travel import PastInstant, write_past


def fetcher_of(ctx: RunContext, limits: Mapping[str, Limits]) -> Fetcher:
    """What this run asks providers with, within these limits."""
    return Fetcher(
        limits=limits,
        ledger=ctx.ledger,
        lake=ctx.raw,
        http=ctx.http,
        clock=ctx.clock,
        run_id=ctx.run_id,
        attempts=ctx.settings.tables.extract.attempts,
        chance=random.Random(ctx.run_id),
    )


def extractor_of(ctx: RunContext, limits: Mapping[str, Limits]) -> Extractor:
    """What carries out this run's tasks, within these limits."""
    asker = fetcher_of(ctx, limits)
    return Extractor(providers=PROVIDERS, limits=limits, asker=asker, clock=ctx.clock, progress=ctx.terminal)


def extract_due(ctx: RunContext, selection: Selection, meanwhile: Callable[[], None] = lambda: None) -> None:
    """Ask for what is due; `meanwhile` runs while the slowest provider is waited for."""
    limits, now = limits_of(ctx.settings), ctx.clock.now()
    gaps = suspected_gaps(ctx.warehouse, now)
    tasks = plan.due_tasks(ctx.settings, ctx.ledger, ctx.http.has_key, now, selection, gaps)
    skipped = plan.skipped(ctx.settings, ctx.ledger, ctx.http.has_key, now, selection)
    with ctx.terminal:
        outcome = extractor_of(ctx, limits).run(tasks, meanwhile)
        ctx.report.say("extract", replace(outcome, undone=(*outcome.undone, *skipped)))
    refuse_where_nothing_came(outcome)


def daily(ctx: RunContext, selection: Selection, notes: NoteOptions) -> int:
    """All stages in order: what cron and Railway call."""
    with run(ctx, "run-daily", waits=True), ThreadPoolExecutor(1) as aside:
        # what needs no response, or only those that have come, is done while extraction waits for the slow quotas
        charts = aside.submit(_prepare_charts, ctx)
        set_aside(ctx)
        extract_due(ctx, selection, meanwhile=lambda: ctx.report.add("transform", transform_kept(ctx)))
        ctx.report.say("transform", transform_kept(ctx))
        charts.result()
        with next_warehouse(ctx) as warehouse:
            score_due(ctx, warehouse)
            analyze_day(ctx, warehouse, notes)
            publish(ctx, warehouse)
        _export(ctx, ExportOptions())
    return ctx.report.exit_code


def intraday(ctx: RunContext, selection: Selection) -> int:
    """Crypto bars and order books only, and the artifacts that they feed."""
    with run(ctx, "run-intraday"):
        set_aside(ctx)
        extract_due(ctx, selection)
        load_and_show(ctx)
    return ctx.report.exit_code


def load_and_show(ctx: RunContext) -> None:
    """What was kept -> Parquet -> the next warehouse, published and exported."""
    ctx.report.say("transform", transform_kept(ctx))
    with next_warehouse(ctx) as warehouse:
        publish(ctx, warehouse)
    _export(ctx, ExportOptions())


def only_extract(ctx: RunContext, selection: Selection) -> int:
    """Ask for what is due and keep every response; a fetch alone needs no run lock."""
    with run(ctx, "extract", locked=False):
        extract_due(ctx, selection)
    return ctx.report.exit_code


def only_transform(ctx: RunContext, *, everything: bool) -> int:
    """Kept responses -> Parquet."""
    with run(ctx, "transform"):
        ctx.report.say("transform", transform_kept(ctx, everything=everything))
    return ctx.report.exit_code


def only_load(ctx: RunContext, *, rebuild: bool) -> int:
    """Parquet -> the next warehouse, checked and swapped in."""
    with run(ctx, "load"), next_warehouse(ctx, rebuild=rebuild) as warehouse:
        publish(ctx, warehouse)
    return ctx.report.exit_code


def look_back(ctx: RunContext, at: datetime, basis: str) -> int:
    """A warehouse file beside the published one, as it was known at an instant; nothing is published."""
    prefix = "as-of" if basis == "known" else "published-as-of"
    target = ctx.warehouse.path.with_name(f"{ctx.warehouse.path.stem}.{prefix}-{at:%Y%m%dT%H%M%SZ}.duckdb")
    view = write_past(ctx.warehouse, ctx.data_dir.cache, PastInstant(at, basis), data_folder("sql"), target)
    marked = "known" if basis == "known" else "published, reconstructed"
    line = f"{target} as of {view.as_of.isoformat(timespec='seconds')} ({marked}), run {view.run_id}"
    ctx.report.say("load", Outcome(line))
    return ctx.report.exit_code


def only_score(ctx: RunContext) -> int:
    """Settle what fell due."""
    with run(ctx, "score"), next_warehouse(ctx) as warehouse:
        score_due(ctx, warehouse)
        publish(ctx, warehouse)
    return ctx.report.exit_code


def only_analyze(ctx: RunContext, notes: NoteOptions) -> int:
    """Facts -> the day's note; settlement comes before it."""
    with run(ctx, "analyze"), next_warehouse(ctx) as warehouse:
        score_due(ctx, warehouse)
        shown = analyze_day(ctx, warehouse, notes)
        publish(ctx, warehouse)
    ctx.terminal.show(note_document.text_of(shown))
    return ctx.report.exit_code


def only_export(ctx: RunContext, options: ExportOptions) -> int:
    """The site folder from the published file, or as it was known at an instant."""
    with run(ctx, "export"):
        _export(ctx, options)
    return ctx.report.exit_code


def export_again(settings: Settings) -> int:
    """The site folder anew, for a process that shows it meanwhile: the data folder is opened for this alone."""
    with open_context(settings) as ctx:
        return only_export(ctx, ExportOptions())


def _export(ctx: RunContext, options: ExportOptions) -> None:
    ctx.report.say("export", export_site(ctx.settings, ctx.warehouse, ctx.data_dir, options))


def _prepare_charts(ctx: RunContext) -> None:
    vega_bundle(ctx.data_dir.cache)
    compiled_specs(page_files(data_folder("dashboard")), ctx.data_dir.cache)
