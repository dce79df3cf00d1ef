"""
`state.db`: one SQLite file (WAL) that all processes on a data folder share; its tables and its transactions.

It holds what was spent, and cannot be made anew: one of an older version gains what it lacks, a newer one is refused.
"""

import shutil
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from tenacity import retry, retry_if_exception_message, stop_after_delay, wait_random

from etl.errors import DataWrong, FolderUnusable
from etl.state import rate_limits
from etl.state import rate_limits as minutes_

STATE_VERSION = 1  # of these tables, in SQLite's own `user_version`
SCHEMA = """
create table if not exists requests (
    sequence integer primary key autoincrement, run_id text, provider text, dataset text, symbol text,
    path text, params text, weight integer, day text, reserved_at text, answered_at text, latency_ms real,
    status integer, verdict text, detail text, rows integer, newest_at text
);
create index if not exists requests_by_day on requests (provider, day);
create index if not exists requests_by_subject on requests (dataset, symbol, verdict);
create table if not exists lanes (
    provider text primary key, boot text, last_sent real, spent_day text, blocked_until real
);
create table if not exists runs (
    run_id text primary key, command text, run_at text, finished_at text, pid integer, status text, details text
);
create table if not exists readings (
    sequence integer primary key, provider text, parser_version integer, rows integer, refused integer
);
create table if not exists parquet_files (name text primary key);
create table if not exists stopped_checks (run_id text primary key, results text);
create table if not exists refused_parameters (
    server text, model text, parameter text, primary key (server, model, parameter)
);
"""

WAIT_S = 60  # for another process's transaction
SMALLEST_ROOM = 65_536  # SQLite's shared memory and first pages; with less it says no more than "disk I/O error"


def _unusable(path: Path, error: sqlite3.Error) -> FolderUnusable:
    """SQLite's refusal in the user's words."""
    said = str(error)
    if "full" in said or ("disk I/O" in said and shutil.disk_usage(path.parent).free < SMALLEST_ROOM):
        return FolderUnusable(f"{path.parent}: the disk is full; nothing that was there is lost")
    return FolderUnusable(f"{path}: {said}")


@retry(
    retry=retry_if_exception_message(match="database is locked"),
    wait=wait_random(0.01, 0.1),
    stop=stop_after_delay(WAIT_S),
    reraise=True,
)
def _use_wal(db: sqlite3.Connection) -> None:
    """SQLite does not wait by itself where two processes are the first to open a file."""
    db.execute("pragma journal_mode = wal")


def _note_version(db: sqlite3.Connection, path: Path) -> None:
    (found,) = db.execute("pragma user_version").fetchone()
    if found > STATE_VERSION:
        raise DataWrong(
            f"{path} was written by a newer version of mfo (version {found}, this one knows {STATE_VERSION}); "
            "use that version, or a data folder of its own"
        )
    if found < STATE_VERSION:
        db.execute(f"pragma user_version = {STATE_VERSION}")


def read_only(path: Path, sql: str, *values: Any) -> list[tuple[Any, ...]]:
    """
    All rows of a query of a `state.db`, which is left as it is.

    Raises:
        FolderUnusable: it cannot be read.
    """
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=WAIT_S)) as db:
            return db.execute(sql, values).fetchall()
    except sqlite3.Error as error:
        raise _unusable(path, error) from None


class StateDatabase:
    """
    An open `state.db`, safe to use from several threads.

    Raises:
        DataWrong: a newer version of mfo wrote it.
        FolderUnusable: the file cannot be opened or written.
    """

    def __init__(self, path: Path) -> None:
        self._lock, self._path = threading.RLock(), path
        try:
            self._db = sqlite3.connect(path, timeout=WAIT_S, isolation_level=None, check_same_thread=False)
            _use_wal(self._db)
            self._db.execute("pragma synchronous = normal")
            _note_version(self._db, path)
            self._db.executescript(SCHEMA + minutes_.TURN_TABLES + rate_limits.WEIGHT_TABLES)
        except sqlite3.Error as error:
            raise _unusable(path, error) from None

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """One transaction that no other process can come between."""
        with self._lock:
            try:
                self._db.execute("begin immediate")
                yield self._db
                self._db.execute("commit")
            except sqlite3.OperationalError as error:
                self._undo()
                raise _unusable(self._path, error) from None
            except BaseException:
                self._undo()
                raise

    def _undo(self) -> None:
        if self._db.in_transaction:
            self._db.execute("rollback")

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """All rows of a query."""
        with self._lock:
            return self._db.execute(sql, values).fetchall()

    def close(self) -> None:
        """Close the connection; other processes are not concerned."""
        with self._lock:
            self._db.close()
