"""The command line: options -> one function -> one line and an exit code. Data on stdout, words on stderr."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from etl.commands import analyst, chart, query
from etl.commands.analyst import again
from etl.commands.options import (
    AsJson,
    AsOf,
    Basis,
    Config,
    Demo,
    Force,
    IntervalOption,
    Later,
    NoLlm,
    NoteDate,
    Only,
    Since,
    Symbol,
    To,
    instant,
    past_instant,
    run,
    say,
    settings,
    show,
)
from etl.errors import MfoError, UsageWrong

if TYPE_CHECKING:
    from etl.extract import planner, selection
    from etl.pipeline import backfill as backfills
    from etl.pipeline import daily
    from etl.pipeline import maintain as maintenance
    from etl.pipeline import notes as note_runs
    from etl.pipeline import status as statuses
    from etl.site.publish import export as exports
else:
    planner, selection = map(Later, ("etl.extract.planner", "etl.extract.selection"))
    backfills, daily = map(Later, ("etl.pipeline.backfill", "etl.pipeline.daily"))
    maintenance, statuses = map(Later, ("etl.pipeline.maintain", "etl.pipeline.status"))
    exports, note_runs = map(Later, ("etl.site.publish.export", "etl.pipeline.notes"))

app = typer.Typer(
    name="mfo",
    help="Money Flow Observatory: no number that nobody can trace, none made up, none that silently stopped moving.",
    no_args_is_help=True,
    rich_markup_mode=None,  # half of the start-up time otherwise
    pretty_exceptions_enable=False,  # its tracebacks print local variables, keys included
)


def main() -> None:
    """Run a command; an expected error is one line on stderr and its exit code."""
    try:
        app()
    except MfoError as error:
        say(f"mfo: {error}")
        sys.exit(error.exit_code)
    except BrokenPipeError:
        sys.stderr.close()  # the reader of our output went away: nothing to say, nothing lost
        sys.exit(0)


@app.command()
def init() -> None:
    """Write a commented mfo.toml and .env.example here; never overwrites."""
    from etl.config import init as stage

    say(stage.run(Path.cwd()).line)


@app.command()
def doctor(config: Config = None, demo: Demo = False) -> None:
    """Check config, keys, the model, clock, disk, folders and versions, and say how to mend each."""
    from etl.notes.writer.llm_client import llm_of
    from etl.pipeline import doctor as stage
    from etl.providers import PROVIDERS
    from etl.runtime.machine import Machine

    chosen = settings(config, demo)
    model = llm_of(chosen)
    findings = stage.run(chosen, Machine(), PROVIDERS, model.models if model else None)
    sys.stdout.write("\n".join([*stage.lines(findings), ""]))
    raise typer.Exit(stage.exit_code(findings))


@app.command()
def plan(
    backfill: Annotated[str | None, typer.Option("--backfill", help="Price this symbol's history instead.")] = None,
    interval: IntervalOption = None,
    since: Annotated[str, typer.Option("--from", help="With --backfill: from this date on.")] = "2017-07-14",
    until: To = None,
    only: Only = None,
    force: Force = False,
    as_json: AsJson = False,
    config: Config = None,
    demo: Demo = False,
) -> None:
    """What the next run (or a backfill) would ask of whom, what it costs in calls, and what is left today."""
    options = backfills.BackfillOptions(backfill, interval, since, until, only)
    run(config, demo, lambda ctx: show(*backfills.price(ctx, options, force=force), as_json))


@app.command()
def extract(
    only: Only = None,
    symbol: Symbol = None,
    since: Since = None,
    force: Force = False,
    config: Config = None,
    demo: Demo = False,
) -> None:
    """Ask for what is missing or stale, and keep every answer."""
    run(
        config,
        demo,
        lambda ctx: daily.only_extract(
            ctx, selection.selection_of(ctx.settings, only, symbol or [], since, force=force)
        ),
    )


@app.command()
def transform(
    everything: Annotated[bool, typer.Option("--all", help="Read every kept answer again.")] = False,
    config: Config = None,
    demo: Demo = False,
) -> None:
    """Kept answers -> typed Parquet."""
    run(config, demo, lambda ctx: daily.only_transform(ctx, everything=everything))


@app.command()
def load(
    rebuild: Annotated[bool, typer.Option("--rebuild", help="From Parquet alone, not from the last file.")] = False,
    as_of: AsOf = None,
    basis: Basis = "known",
    config: Config = None,
    demo: Demo = False,
) -> None:
    """Parquet -> warehouse: builds the SQL models, runs the checks, publishes the new file."""
    at = past_instant(as_of, basis)
    if at and rebuild:
        raise UsageWrong("load: --as-of looks at what is published; it goes without --rebuild")
    run(config, demo, lambda ctx: daily.look_back(ctx, at, basis) if at else daily.only_load(ctx, rebuild=rebuild))


@app.command()
def analyze(
    day: NoteDate = None,
    mode: Annotated[str | None, typer.Option("--mode", help="quick, deep or review; default: the daily note.")] = None,
    scope: Annotated[list[str] | None, typer.Option("--scope", help="portfolio, a watchlist or a symbol.")] = None,
    replay: Annotated[str | None, typer.Option("--replay", help="Verify this date's kept notes again.")] = None,
    no_llm: NoLlm = False,
    force: Annotated[bool, typer.Option("--force", help="Ask the model again about the same facts.")] = False,
    config: Config = None,
    demo: Demo = False,
) -> None:
    """Facts -> the day's note and recommendations; figures found in the facts, wording not checked."""
    from etl.notes.writer.modes import mode_named

    if replayed := instant(replay, "--replay"):
        again(settings(config, demo), replayed.date())
        return
    options = note_runs.NoteOptions(instant(day, "--date"), not no_llm, force, mode_named(mode), tuple(scope or ()))
    run(config, demo, lambda ctx: daily.only_analyze(ctx, options))


@app.command()
def score(config: Config = None, demo: Demo = False) -> None:
    """Settle the recommendations that fell due."""
    run(config, demo, lambda ctx: daily.only_score(ctx))


@app.command()
def export(
    out: Annotated[Path | None, typer.Option("--out", help="Write the site there.")] = None,
    as_of: AsOf = None,
    basis: Basis = "known",
    check: Annotated[bool, typer.Option("--check", help="Compare with what is there instead of writing.")] = False,
    public: Annotated[bool, typer.Option("--public", help="Leave out what may not be redistributed.")] = False,
    single_file: Annotated[bool, typer.Option("--single-file", help="One HTML file that opens from disk.")] = False,
    config: Config = None,
    demo: Demo = False,
) -> None:
    """Write the site folder (the page, its JSON, their schemas), or one file with all of it inside."""
    past = past_instant(as_of, basis)
    options = exports.ExportOptions(out, past, basis, compare=check, public=public, single_file=single_file)
    run(config, demo, lambda ctx: daily.only_export(ctx, options))


@app.command()
def serve_static(
    host: Annotated[str, typer.Option("--host", help="Where to listen.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="0 takes a free one.")] = 8000,
    cors: Annotated[str | None, typer.Option("--cors", help="The one origin that may read from elsewhere.")] = None,
    watch: Annotated[bool, typer.Option("--watch", help="Export anew when another warehouse is published.")] = False,
    config: Config = None,
    demo: Demo = False,
) -> None:
    """Show the site folder on loopback."""
    from etl.runtime.data_dir import DataDir
    from etl.site.publish import server as stage

    folder = DataDir(settings(config, demo).data_dir)
    export_again = stage.Watch(folder.warehouse, lambda: daily.export_again(settings(config, demo)))
    stage.run(folder.site, host, port, cors, say, export_again if watch else None)


@app.command()
def run_daily(
    day: NoteDate = None, no_llm: NoLlm = False, force: Force = False, config: Config = None, demo: Demo = False
) -> None:
    """Extract, transform, load, check, score, analyze, publish, export: what cron calls."""
    options = note_runs.NoteOptions(instant(day, "--date"), use_model=not no_llm, force=force)
    run(config, demo, lambda ctx: daily.daily(ctx, selection.selection_of(ctx.settings, force=force), options))


@app.command()
def backfill(
    symbol: Annotated[str, typer.Argument(help="A symbol or a watchlist.")],
    since: Annotated[str, typer.Option("--from", help="From this date on.")],
    until: To = None,
    interval: IntervalOption = None,
    only: Only = None,
    config: Config = None,
    demo: Demo = False,
) -> None:
    """History: the archive first, then REST; goes on where it was interrupted; yields to the daily run."""
    options = backfills.BackfillOptions(symbol, interval, since, until, only)
    run(config, demo, lambda ctx: backfills.backfill(ctx, options))


@app.command()
def run_intraday(config: Config = None, demo: Demo = False) -> None:
    """Crypto bars, order books, and the artifacts that they feed: for a cron line every few minutes."""
    run(config, demo, lambda ctx: daily.intraday(ctx, selection.selection_of(ctx.settings, datasets=planner.INTRADAY)))


app.command()(query.query)


@app.command()
def status(config: Config = None, demo: Demo = False, as_json: AsJson = False) -> None:
    """The last runs, each source's health and age, the quota left, what is stale and why."""
    run(config, demo, lambda ctx: show(found := statuses.status_of(ctx), statuses.lines(found), as_json))


@app.command()
def maintain(config: Config = None, demo: Demo = False) -> None:
    """Verify every kept answer's hash and sweep away what killed runs left."""
    run(config, demo, lambda ctx: maintenance.maintain(ctx))


analyst.register(app)
app.command()(chart.chart)


@app.callback(invoke_without_command=True)
def _options(version: Annotated[bool, typer.Option("--version", help="Print the version and stop.")] = False) -> None:
    if version:
        from etl import __version__

        sys.stdout.write(f"mfo {__version__}\n")
        raise typer.Exit
