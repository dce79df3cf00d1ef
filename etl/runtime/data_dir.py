"""The data folder: what lies where in it, and the lock that a run holds."""

import fcntl
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from etl.errors import RunLocked
from etl.runtime.clock import Clock
from etl.runtime.files import unusable

_POLL_S = 5.0  # how often a run that waits tries to take the lock


class DataDir:
    """
    `MFO_DATA_DIR`, made where it is missing.

    Raises:
        FolderUnusable: it cannot be made or written.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.lake = root / "lake"
        self.parquet = root / "parquet"
        self.state = root / "state.db"
        self.warehouse = root / "warehouse.duckdb"
        self.site = root / "site"
        self.single_page = root / "money-flow.html"  # `mfo export --single-file`
        self.logs = root / "logs"
        self.cache = root / "cache"

    def make(self) -> None:
        """Make the folders and prove that they can be written."""
        try:
            for path in (self.lake, self.parquet, self.logs, self.cache):
                path.mkdir(parents=True, exist_ok=True)
            probe = self.root / f".probe.{os.getpid()}"
            probe.write_bytes(b"mfo")
            probe.unlink()
        except OSError as error:
            raise unusable(self.root, error) from None

    @contextmanager
    def run_lock(
        self, clock: Clock, wait_s: float = 0.0, say: Callable[[str], None] = lambda line: None
    ) -> Iterator[None]:
        """
        Hold the run lock; the kernel lets go of it when this process ends, however it ends.

        Where another process holds it, wait for that at most `wait_s` seconds, and `say` once for whom.

        Raises:
            RunLocked: another process still holds it; the message names its pid and start.
            Stopped: the run was stopped while it waited.
        """
        path = self.root / "run.lock"
        with path.open("a+") as handle:
            ends_at, is_told = clock.monotonic() + wait_s, False
            while not _is_taken(handle):
                who, left_s = _holder(handle), ends_at - clock.monotonic()
                if left_s <= 0:
                    waited = f" after {wait_s / 60:g} minutes" if wait_s else ""
                    raise RunLocked(f"another run holds {path}{waited}: {who}; try again when it has ended")
                if not is_told:
                    say(f"another run holds {path}: {who}; waiting for it, at most {wait_s / 60:g} minutes")
                    is_told = True
                clock.sleep(min(_POLL_S, left_s))
            handle.truncate(0)
            handle.write(json.dumps({"pid": os.getpid(), "since": clock.now().isoformat(timespec="seconds")}))
            handle.flush()
            yield


def _is_taken(handle: TextIO) -> bool:
    """Whether this process has the lock now."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _holder(handle: TextIO) -> str:
    """Who has the lock, in its own words."""
    handle.seek(0)
    said = handle.read()
    holder = json.loads(said) if said else {"pid": "unknown", "since": "just now"}
    return f"pid {holder['pid']}, since {holder['since']}"
