"""
Everything of one data folder, opened: settings, clock, stores. And the row of `etl_runs` that a run writes.
"""

import json
import os
import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from etl import catalogue, choices
from etl.asking import Asker
from etl.domain import Limits, Outcome
from etl.errors import FolderUnusable, MfoError, Stopped
from etl.providers import PROVIDERS
from etl.settings import Settings
from etl.stores.clock import Clock, JumpingClock
from etl.stores.folder import Folder
from etl.stores.http import Http, made_up_transport
from etl.stores.journal import Journal
from etl.stores.lake import Lake
from etl.stores.ledger import Ledger
from etl.stores.parquet import Parquet
from etl.stores.state import State
from etl.stores.terminal import Log, Terminal
from etl.stores.view import warehouse_of
from etl.stores.warehouse import Warehouse


@dataclass
class Observatory:
    """Everything of one data folder, opened; `outcomes` collects what each stage of this run did."""

    settings: Settings
    folder: Folder
    clock: Clock
    state: State
    ledger: Ledger
    journal: Journal
    lake: Lake
    parquet: Parquet
    http: Http
    warehouse: Warehouse
    log: Log
    terminal: Terminal
    run_id: str = ""
    command: str = ""
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    outcomes: dict[str, Outcome] = field(default_factory=dict)

    def has_key(self, name: str) -> bool:
        """Whether a provider can be asked: it needs no key, or its key is set."""
        return self.http.has_key(PROVIDERS[name])

    def able(self, name: str) -> bool:
        """Whether a provider can be asked now: with its key, and its day not known to be spent."""
        limits = catalogue.limits_of(self.settings)[name]
        return self.has_key(name) and not self.ledger.is_spent(name, limits)

    def asker(self, limits: Mapping[str, Limits]) -> Asker:
        """One that asks within these limits."""
        return Asker(
            limits=limits,
            ledger=self.ledger,
            lake=self.lake,
            http=self.http,
            clock=self.clock,
            run_id=self.run_id,
            attempts=self.settings.tables.extract.attempts,
            chance=random.Random(self.run_id),
        )

    def note(self, stage: str, outcome: Outcome) -> Outcome:
        """Note what a stage did; one that worked twice in a run has both in its line."""
        before = self.outcomes.get(stage, Outcome(""))
        line = f"{before.line}; then {outcome.line}" if before.line else outcome.line
        whole = replace(
            outcome, line=line, undone=(*before.undone, *outcome.undone), notes=(*before.notes, *outcome.notes)
        )
        self.outcomes[stage] = whole
        return whole

    def done(self, stage: str, outcome: Outcome) -> Outcome:
        """Note what a stage did, and say it."""
        whole = self.note(stage, outcome)
        self.terminal.say(f"{stage:>10}  {whole.line}", event=stage)
        for note in whole.notes:
            self.terminal.say(f"{'':>10}  {note}", event=stage)
        for undone in whole.undone:
            self.terminal.say(f"{'':>10}  not done: {undone}", level="warning", event=stage)
        return whole

    @property
    def undone(self) -> list[str]:
        """What no stage could do."""
        return [line for outcome in self.outcomes.values() for line in outcome.undone]

    def details(self) -> dict[str, Any]:
        """What each stage did so far, for the run's row."""
        return {name: {"line": x.line, "undone": list(x.undone)} for name, x in self.outcomes.items()}

    def row(self) -> dict[str, Any]:
        """The running run's row of `lake.runs`, as far as it came."""
        return {
            "run_at": self.started_at.astimezone(UTC).replace(tzinfo=None),
            "command": self.command,
            "status": "partial" if self.undone else "success",
            "details": json.dumps(self.details(), sort_keys=True),
        }

    def close(self) -> None:
        """Close what is open."""
        self.http.close()
        self.state.close()
        self.log.close()


@contextmanager
def opened(settings: Settings, *, quiet: bool = False, clock: Clock | None = None) -> Iterator[Observatory]:
    """
    Open the data folder's stores; with the settings' own clock where none is handed in.

    Raises:
        FolderUnusable: the folder cannot be made or written.
        SettingsWrong: a chain or limit names what does not exist.
    """
    choices.check_names(settings)
    folder = Folder(settings.data_dir)
    folder.make()
    clock = clock or (JumpingClock(settings.now) if settings.demo else Clock(settings.now))
    state = State(folder.state)
    ledger = Ledger(state, clock)
    http = Http(
        clock, settings.keys, settings.base_urls, transport=_demo(clock) if settings.demo else None, on_sent=ledger.sent
    )
    log = Log(folder.logs, http.redact, clock.now)
    lake = Lake(folder.lake)
    ledger.start_after(lake.last_sequence())  # where `state.db` is new, or older than the lake
    observatory = Observatory(
        settings,
        folder,
        clock,
        state,
        ledger,
        Journal(state, clock),
        lake,
        Parquet(folder.parquet),
        http,
        warehouse_of(folder),
        log,
        Terminal(log, catalogue.limits_of(settings), ledger.left_today, clock.monotonic, quiet=quiet),
    )
    try:
        yield observatory
    finally:
        observatory.close()


def _demo(clock: Clock) -> Any:
    from etl.stores import demo_upstream

    return made_up_transport(lambda url: demo_upstream.answer(url, clock.now()))


@contextmanager
def run(o: Observatory, command: str, *, locked: bool = True, waits: bool = False) -> Iterator[None]:
    """
    One row of `etl_runs`, however the run ends; under the run lock unless it only fetches.

    A run that `waits` does so for another one's end, as long as `[run] wait_minutes` says.
    """
    if locked:
        wait_s = 60 * o.settings.tables.run.wait_minutes if waits else 0.0

        def say(line: str) -> None:
            o.terminal.say(f"{'lock':>10}  {line}", event=command)

        with o.folder.run_lock(o.clock, wait_s, say), run(o, command, locked=False):
            yield
        return
    o.command, o.started_at = command, o.clock.now()
    o.run_id = o.journal.begin_run(command, os.getpid())
    o.log.run_id = o.run_id
    if line := o.ledger.from_after_now():
        o.terminal.say(f"{'clock':>10}  {line}", level="warning", event=command)
    try:
        yield
    except BaseException as error:
        stopped = isinstance(error, KeyboardInterrupt | Stopped)
        said = "stopped" if stopped else str(error) if isinstance(error, MfoError) else type(error).__name__
        with suppress(FolderUnusable):  # what ended the run is said, not that the log has no room for it
            o.log.write("error", command, said)
        o.journal.end_run(o.run_id, "failure", {**o.details(), "error": said})
        raise
    o.journal.end_run(o.run_id, "partial" if o.undone else "success", o.details())
