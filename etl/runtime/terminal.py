"""
The terminal: words on stderr, data on stdout; a progress bar for each provider on a terminal, plain lines elsewhere.

The same lines go to `logs/mfo.jsonl` as JSON with the run id, rotated, every key taken out before anything is written.
"""

import json
import logging
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TaskID, TextColumn
from rich.text import Text

from etl.domain import Limits
from etl.runtime.files import unusable
from etl.runtime.progress import ProviderProgress


class _Told(ProgressColumn):
    """Words that are asked for anew each time a bar is drawn, so that a wait counts down."""

    def __init__(self, told: Callable[[str], str]) -> None:
        super().__init__()
        self._told = told

    def render(self, task: Task) -> Text:
        """What is told of a bar by its name."""
        return Text(self._told(task.description), style="progress.remaining")


class ProgressBars:
    """A bar for each name; `told(name)` is what stands behind it."""

    def __init__(self, told: Callable[[str], str]) -> None:
        self._progress = Progress(
            TextColumn("{task.description:>14}"),
            BarColumn(bar_width=30),
            MofNCompleteColumn(),
            _Told(told),
            TextColumn("{task.fields[what]}"),
            console=Console(stderr=True),
            transient=True,
            refresh_per_second=4,
        )
        self._tasks: dict[str, TaskID] = {}
        self._progress.start()

    def show(self, name: str, ended: int, expected: int, what: str) -> None:
        """How far one is."""
        if name not in self._tasks:
            self._tasks[name] = self._progress.add_task(name, total=0, what="")
        self._progress.update(self._tasks[name], completed=ended, total=expected, what=what)

    def say(self, text: str) -> None:
        """A line above the bars, as it is."""
        self._progress.console.print(text, markup=False, highlight=False)

    def stop(self) -> None:
        """Take the bars away."""
        self._progress.stop()


LOG_BYTES, LOG_FILES = 5_000_000, 5
SAID_EVERY_S = 10.0


class _Lines(RotatingFileHandler):
    """A log file whose errors are ours: as shipped, logging prints a traceback for each line that found no room."""

    def handleError(self, record: logging.LogRecord) -> None:
        """Raise what `emit` caught."""
        raise


class Log:
    """
    JSON lines with the run id.

    Raises:
        FolderUnusable: the log cannot be opened or written, the disk is full.
    """

    def __init__(self, folder: Path, redact: Callable[[bytes], bytes], now: Callable[[], datetime]) -> None:
        self._folder, self._redact, self._now, self.run_id = folder, redact, now, ""
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._handler = _Lines(folder / "mfo.jsonl", maxBytes=LOG_BYTES, backupCount=LOG_FILES, encoding="utf-8")
        except OSError as error:
            raise unusable(folder, error) from None

    def write(self, level: str, event: str, text: str) -> None:
        """One line: at, run_id, level, event, text."""
        line = json.dumps(
            {"at": self._now().isoformat(), "run_id": self.run_id, "level": level, "event": event, "text": text},
            sort_keys=True,
            ensure_ascii=False,
        )
        clean = self._redact(line.encode()).decode()
        try:
            self._handler.emit(logging.LogRecord("mfo", logging.INFO, "", 0, clean, None, None))
        except OSError as error:
            raise unusable(self._folder, error) from None

    def close(self) -> None:
        """Close the file; a line that found no room is lost, and was said when it was written."""
        with suppress(OSError):
            self._handler.close()


class Terminal:
    """
    Says what happens, and how far each provider's requests are: bars where somebody watches, a line now and then.

    `limits` say how fast requests may go, `left_today(provider, its limits)` how many its day has room for, None for
    any number.
    """

    def __init__(
        self,
        log: Log | None = None,
        limits: Mapping[str, Limits] | None = None,
        left_today: Callable[[str, Limits], int | None] = lambda provider, limits: None,
        monotonic: Callable[[], float] = time.monotonic,
        *,
        quiet: bool = False,
    ) -> None:
        self._log, self._quiet = log, quiet
        self._limits, self._left_today, self._monotonic = limits or {}, left_today, monotonic
        self._lock = threading.Lock()
        self._bars: ProgressBars | None = None
        self._lanes: dict[str, ProviderProgress] = {}
        self._said_at = monotonic()

    def say(self, text: str, *, level: str = "info", event: str = "step") -> None:
        """One line for people and for the log."""
        if self._log:
            self._log.write(level, event, text)
        if self._quiet:
            return
        if self._bars is not None:
            self._bars.say(text)
        else:
            sys.stderr.write(text + "\n")
            sys.stderr.flush()

    def show(self, text: str) -> None:
        """Data for the reader, on stdout."""
        if text and not self._quiet:
            sys.stdout.write(text + "\n")
            sys.stdout.flush()

    def __enter__(self) -> "Terminal":
        self._said_at = self._monotonic()
        if sys.stderr.isatty() and not self._quiet:
            self._bars = ProgressBars(self._told)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bars is not None:
            self._bars.stop()
        self._bars, self._lanes = None, {}

    def expect(self, provider: str, requests: int) -> None:
        """So many more requests will go to this provider, or so many fewer."""
        limits = self._limits.get(provider, Limits())
        room = self._left_today(provider, limits)
        with self._lock:
            lane = self._lanes.setdefault(provider, ProviderProgress(limits))
            lane.expect(requests, self._monotonic())
            lane.beyond = _beyond(lane, room)
        self._show(provider, lane, "")

    def advance(self, provider: str, what: str) -> None:
        """One request to this provider ended; where no bar is drawn, a line every few seconds says how far all are."""
        room = self._left_today(provider, self._limits.get(provider, Limits()))
        line = ""
        with self._lock:
            lane, now = self._lanes.get(provider), self._monotonic()
            if lane is None:
                return
            lane.advance(now)
            lane.beyond = _beyond(lane, room)
            if self._bars is None and now - self._said_at >= SAID_EVERY_S:
                self._said_at = now
                line = "; ".join(f"{name} {_left(lane, now)}" for name, lane in self._lanes.items() if lane.left)
        self._show(provider, lane, what)
        if line:
            self.say(f"{'progress':>10}  {line}", event="progress")

    def _show(self, provider: str, lane: ProviderProgress, what: str) -> None:
        """Outside of our own lock: the thread that draws holds its lock while it asks what is told."""
        if self._bars is not None:
            self._bars.show(provider, lane.ended, lane.expected, what)

    def _told(self, provider: str) -> str:
        """What stands behind a bar; asked for by the thread that draws."""
        with self._lock:
            return _left(self._lanes[provider], self._monotonic())


def _beyond(lane: ProviderProgress, room: int | None) -> int:
    return 0 if room is None else max(0, lane.left - room)


def _left(lane: ProviderProgress, now: float) -> str:
    """What is left of a lane and when it ends; what its day has no room for is said apart."""
    beyond = f", {lane.beyond} beyond its day" if lane.beyond else ""
    return f"{lane.left} left, {timedelta(seconds=round(lane.ends_in(now)))}{beyond}"
