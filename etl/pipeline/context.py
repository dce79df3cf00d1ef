"""
What a run works with: the data folder opened, its row in the run log, and the report of what each stage did.

Only `etl.pipeline` passes a `RunContext` around; a stage's own function names what it uses.
"""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from etl.config.settings import Settings
from etl.domain import Outcome
from etl.errors import FolderUnusable, MfoError, Stopped
from etl.extract.http_client import HttpClient, made_up_transport
from etl.extract.reference_tables import limits_of
from etl.extract.selection import check_names
from etl.raw.store import RawStore
from etl.runtime.clock import Clock, JumpingClock
from etl.runtime.data_dir import DataDir
from etl.runtime.terminal import Log, Terminal
from etl.state.database import StateDatabase
from etl.state.request_ledger import RequestLedger
from etl.state.run_log import RunLog
from etl.transform.parquet import Parquet
from etl.warehouse.as_of import warehouse_of
from etl.warehouse.file import Warehouse

DONE, PARTIAL = 0, 3


@dataclass(slots=True)
class RunReport:
    """What each stage of a run did: said on the terminal, and kept for the run's row."""

    terminal: Terminal
    outcomes: dict[str, Outcome] = field(default_factory=dict)

    def add(self, stage: str, outcome: Outcome) -> None:
        """Keep what a stage did without a word; one that worked twice in a run has both in its line."""
        before = self.outcomes.get(stage, Outcome(""))
        line = f"{before.line}; then {outcome.line}" if before.line else outcome.line
        undone, notes = (*before.undone, *outcome.undone), (*before.notes, *outcome.notes)
        self.outcomes[stage] = replace(outcome, line=line, undone=undone, notes=notes)

    def say(self, stage: str, outcome: Outcome) -> None:
        """Keep what a stage did, and print it with all that was kept of it before."""
        self.add(stage, outcome)
        whole = self.outcomes[stage]
        self.terminal.say(f"{stage:>10}  {whole.line}", event=stage)
        for note in whole.notes:
            self.terminal.say(f"{'':>10}  {note}", event=stage)
        for undone in whole.undone:
            self.terminal.say(f"{'':>10}  not done: {undone}", level="warning", event=stage)

    @property
    def undone(self) -> list[str]:
        """What no stage could do."""
        return [line for outcome in self.outcomes.values() for line in outcome.undone]

    @property
    def status(self) -> str:
        """`success`, or `partial` where something is left undone."""
        return "partial" if self.undone else "success"

    @property
    def exit_code(self) -> int:
        """0 or 3; every other exit code is an error's."""
        return PARTIAL if self.undone else DONE

    def details(self) -> dict[str, Any]:
        """What each stage did so far, as JSON can hold it."""
        return {name: {"line": x.line, "undone": list(x.undone)} for name, x in self.outcomes.items()}


@dataclass(slots=True)
class RunContext:
    """Everything of one data folder, opened, and the run that is going on."""

    settings: Settings
    data_dir: DataDir
    clock: Clock
    state: StateDatabase
    ledger: RequestLedger
    run_log: RunLog
    raw: RawStore
    parquet: Parquet
    http: HttpClient
    warehouse: Warehouse
    log: Log
    terminal: Terminal
    report: RunReport
    run_id: str = ""
    command: str = ""
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))


@contextmanager
def open_context(settings: Settings, *, quiet: bool = False, clock: Clock | None = None) -> Iterator[RunContext]:
    """
    Open the data folder's stores; with the settings' own clock where none is handed in.

    Raises:
        FolderUnusable: the folder cannot be made or written.
        SettingsWrong: a chain or limit names what does not exist.
    """
    check_names(settings)
    data_dir = DataDir(settings.data_dir)
    data_dir.make()
    clock = clock or (JumpingClock(settings.now) if settings.demo else Clock(settings.now))
    state = StateDatabase(data_dir.state)
    ledger = RequestLedger(state, clock)
    transport = _demo(clock) if settings.demo else None
    http = HttpClient(clock, settings.keys, settings.base_urls, transport=transport, on_sent=ledger.sent)
    log = Log(data_dir.logs, http.redact, clock.now)
    raw = RawStore(data_dir.lake)
    ledger.start_after(raw.last_sequence())  # where `state.db` is new, or older than the raw responses
    terminal = Terminal(log, limits_of(settings), ledger.left_today, clock.monotonic, quiet=quiet)
    try:
        yield RunContext(
            settings=settings,
            data_dir=data_dir,
            clock=clock,
            state=state,
            ledger=ledger,
            run_log=RunLog(state, clock),
            raw=raw,
            parquet=Parquet(data_dir.parquet),
            http=http,
            warehouse=warehouse_of(data_dir),
            log=log,
            terminal=terminal,
            report=RunReport(terminal),
        )
    finally:
        http.close()
        state.close()
        log.close()


def _demo(clock: Clock) -> Any:
    from etl.demo import upstream

    return made_up_transport(lambda url: upstream.answer(url, clock.now()))


@contextmanager
def run(ctx: RunContext, command: str, *, locked: bool = True, waits: bool = False) -> Iterator[None]:
    """
    One row of `etl_runs`, however the run ends; under the run lock unless it only fetches.

    A run that `waits` does so for another one's end, as long as `[run] wait_minutes` says.
    """
    if locked:
        wait_s = 60 * ctx.settings.tables.run.wait_minutes if waits else 0.0

        def say(line: str) -> None:
            ctx.terminal.say(f"{'lock':>10}  {line}", event=command)

        with ctx.data_dir.run_lock(ctx.clock, wait_s, say), run(ctx, command, locked=False):
            yield
        return
    ctx.command, ctx.started_at = command, ctx.clock.now()
    ctx.run_id = ctx.run_log.begin_run(command, os.getpid())
    ctx.log.run_id = ctx.run_id
    if line := ctx.ledger.from_after_now():
        ctx.terminal.say(f"{'clock':>10}  {line}", level="warning", event=command)
    try:
        yield
    except BaseException as error:
        is_stopped = isinstance(error, KeyboardInterrupt | Stopped)
        reason = "stopped" if is_stopped else str(error) if isinstance(error, MfoError) else type(error).__name__
        with suppress(FolderUnusable):  # what ended the run is said, not that the log has no room for it
            ctx.log.write("error", command, reason)
        ctx.run_log.end_run(ctx.run_id, "failure", {**ctx.report.details(), "error": reason})
        raise
    ctx.run_log.end_run(ctx.run_id, ctx.report.status, ctx.report.details())


def run_row(ctx: RunContext) -> dict[str, Any]:
    """The running run's row of `raw.runs`, as far as it came."""
    return {
        "run_at": ctx.started_at.astimezone(UTC).replace(tzinfo=None),
        "command": ctx.command,
        "status": ctx.report.status,
        "details": json.dumps(ctx.report.details(), sort_keys=True),
    }
