"""
The terminal: words on stderr, data on stdout; a progress bar for each provider on a terminal, plain lines elsewhere.

The same lines go to `logs/mfo.jsonl` as JSON with the run id, rotated, every key taken out before anything is written.
"""

import json
import logging
import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from etl.stores.lake import unusable

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

LOG_BYTES, LOG_FILES = 5_000_000, 5


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
    """Says what happens, and draws the lanes of an extraction where somebody watches."""

    def __init__(self, log: Log | None = None, *, quiet: bool = False) -> None:
        self._log, self._quiet = log, quiet
        self._bars: Progress | None = None
        self._lanes: dict[str, TaskID] = {}

    def say(self, text: str, *, level: str = "info", event: str = "step") -> None:
        """One line for people and for the log."""
        if self._log:
            self._log.write(level, event, text)
        if self._quiet:
            return
        if self._bars is not None:
            self._bars.console.print(text, markup=False, highlight=False)
        else:
            sys.stderr.write(text + "\n")
            sys.stderr.flush()

    def show(self, text: str) -> None:
        """Data for the reader, on stdout."""
        if text and not self._quiet:
            sys.stdout.write(text + "\n")
            sys.stdout.flush()

    def remind(self, text: str) -> None:
        """A line of progress where no bar is drawn."""
        if self._bars is None:
            self.say(text, event="progress")

    def __enter__(self) -> "Terminal":
        if sys.stderr.isatty() and not self._quiet:
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

            self._bars = Progress(
                TextColumn("{task.description:>14}"),
                BarColumn(bar_width=30),
                MofNCompleteColumn(),
                TimeRemainingColumn(),
                TextColumn("{task.fields[what]}"),
                console=Console(stderr=True),
                transient=True,
            )
            self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bars is not None:
            self._bars.stop()
        self._bars, self._lanes = None, {}

    def expect(self, provider: str, requests: int) -> None:
        """So many more tasks will go to this provider."""
        if self._bars is None:
            return
        if provider not in self._lanes:
            self._lanes[provider] = self._bars.add_task(provider, total=0, what="")
        task = self._bars.tasks[self._lanes[provider]]
        self._bars.update(self._lanes[provider], total=(task.total or 0) + requests)

    def advance(self, provider: str, what: str) -> None:
        """One task of this provider ended."""
        if self._bars is not None and provider in self._lanes:
            self._bars.update(self._lanes[provider], advance=1, what=what)
