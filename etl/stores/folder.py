"""The data folder: what lies where in it, and the lock that a run holds."""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from etl.errors import RunLocked
from etl.stores.lake import unusable


class Folder:
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
    def run_lock(self, now: datetime) -> Iterator[None]:
        """
        Hold the run lock; the kernel lets go of it when this process ends, however it ends.

        Raises:
            RunLocked: another process holds it; the message names its pid and start.
        """
        path = self.root / "run.lock"
        with path.open("a+") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                handle.seek(0)
                said = handle.read()
                holder = json.loads(said) if said else {"pid": "unknown", "since": "just now"}
                who = f"pid {holder['pid']}, since {holder['since']}"
                raise RunLocked(f"another run holds {path}: {who}; try again when it has ended") from None
            handle.truncate(0)
            handle.write(json.dumps({"pid": os.getpid(), "since": now.isoformat(timespec="seconds")}))
            handle.flush()
            yield
