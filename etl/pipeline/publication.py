"""
The next warehouse of a run: loaded and checked, appended to by the stages that write, swapped in at the end.

Nothing of it is seen before `publish`; a run that fails before that leaves what was published as it was.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from etl import __version__
from etl.config.settings import data_folder
from etl.domain import Outcome, Request, Response
from etl.errors import DataWrong
from etl.extract.reference_tables import ReferenceRows, configuration
from etl.market.releases import MACRO_SERIES
from etl.market.sessions import session_of
from etl.models import registry
from etl.notes.documents import DOCUMENT_READERS
from etl.pipeline.context import RunContext, run_row
from etl.providers import PROVIDERS
from etl.transform import transform
from etl.warehouse import check, duckdb_files, load
from etl.warehouse.as_of import AsOfView
from etl.warehouse.file import WAREHOUSE_VERSION, NextFile, schema_of


@dataclass(frozen=True, slots=True)
class NextWarehouse:
    """The next warehouse while it is made."""

    file: NextFile
    view: AsOfView
    models: tuple[registry.Model, ...]
    configuration: dict[str, ReferenceRows]


def transform_kept(ctx: RunContext, *, everything: bool = False) -> Outcome:
    """Kept responses -> Parquet."""
    transformer = transform.Transformer(
        lake=ctx.raw,
        parquet=ctx.parquet,
        journal=ctx.run_log,
        providers=PROVIDERS,
        session_of=session_of,
        frequency_of=lambda series_id: MACRO_SERIES[series_id].frequency if series_id in MACRO_SERIES else "D",
        documents=DOCUMENT_READERS,
    )
    return transformer.run(everything=everything)


def set_aside(ctx: RunContext, *, whole: bool = False) -> bool:
    """Put a published file that cannot be read, and a log of another program, out of the way; whether there was any."""
    lines = duckdb_files.set_aside_unreadable(ctx.warehouse.path, ctx.clock.now(), whole=whole)
    for line in lines:
        ctx.terminal.say(f"{'warehouse':>10}  {line}", level="warning", event="load")
    return bool(lines)


@contextmanager
def next_warehouse(ctx: RunContext, *, rebuild: bool = False) -> Iterator[NextWarehouse]:
    """
    The next warehouse, loaded and checked; published only by `publish`.

    A published file that turns out to be unreadable on the way is set aside, and the next one is built from Parquet.
    """
    set_aside(ctx)
    try:
        warehouse, opened = _loaded(ctx, rebuild=rebuild)
    except DataWrong as error:
        if not duckdb_files.BROKEN.search(str(error)) or not set_aside(ctx, whole=True):
            raise
        warehouse, opened = _loaded(ctx, rebuild=True)
    with opened:
        yield warehouse


def _loaded(ctx: RunContext, *, rebuild: bool) -> tuple[NextWarehouse, ExitStack]:
    """The next file, and what closes it."""
    fresh = rebuild or not ctx.warehouse.exists() or load.is_stale(ctx.warehouse, ctx.parquet)
    if fresh or (ctx.warehouse.exists() and schema_of(ctx.warehouse) != WAREHOUSE_VERSION):
        ctx.report.add("transform", transform_kept(ctx))  # the last run's own documents are not in Parquet yet
    with ExitStack() as opened:
        file = opened.enter_context(ctx.warehouse.next_file(fresh=fresh))
        view = AsOfView(ctx.clock.now(), ctx.run_id, ctx.settings.demo, __version__)
        tables = configuration(ctx.settings, ctx.http.has_key)
        warehouse = NextWarehouse(file, view, registry.load_models(data_folder("sql")), tables)
        loaded = load.run(
            file,
            view,
            parquet=ctx.parquet,
            ledger=ctx.ledger,
            journal=ctx.run_log,
            configuration=tables,
            this_run=run_row(ctx),
            built=warehouse.models,
        )
        ctx.report.say("load", loaded)
        checked = check.run(
            file,
            warehouse.models,
            sql_root=data_folder("sql"),
            run_id=ctx.run_id,
            as_of=view.as_of,
            stop=lambda results: ctx.run_log.note_checks(ctx.run_id, results),
        )
        ctx.report.say("check", checked)
        return warehouse, opened.pop_all()


def keep_document(ctx: RunContext, warehouse: NextWarehouse, kind: str, subject: str, body: bytes) -> Response:
    """Keep a document of our own like any response, at the instant of the run."""
    request = Request(transform.OWN, kind, subject, f"/{kind}")
    at, sequence = warehouse.view.as_of, ctx.ledger.number(request, ctx.run_id)
    response = Response(request, 200, {}, ctx.http.redact(body), at, at, sequence, ctx.run_id)
    ctx.raw.keep(response)
    warehouse.file.append("answers", [transform.answer_row(response)])
    return response


def keeper(ctx: RunContext, warehouse: NextWarehouse) -> Callable[[str, str, bytes], Response]:
    """What keeps a stage's documents: kind, subject and body -> the kept response."""
    return lambda kind, subject, body: keep_document(ctx, warehouse, kind, subject, body)


def rebuild_after(warehouse: NextWarehouse, *changed: str) -> None:
    """Build again what stands downstream of raw tables that were appended to."""
    registry.build_after(warehouse.file.con, warehouse.models, set(changed))


def publish(ctx: RunContext, warehouse: NextWarehouse) -> None:
    """Swap the file in with the run as it stands; what was published, and with which universe, is kept."""
    as_of = warehouse.view.as_of
    document = {"run_id": ctx.run_id, "as_of": as_of.isoformat(), "version": __version__}
    body = json.dumps({**document, "configuration": warehouse.configuration}, sort_keys=True).encode()
    load.note_run(warehouse.file, ctx.run_id, run_row(ctx))
    rebuild_after(warehouse, "lake.runs")
    load.number_publication(warehouse.file, keep_document(ctx, warehouse, "publication", ctx.run_id, body))
    warehouse.file.publish()
    ctx.report.say("publish", Outcome(f"{ctx.warehouse.path} as of {as_of.isoformat(timespec='seconds')}"))
