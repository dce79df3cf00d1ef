"""The journal: runs and how they ended, publications, and which answers were read by which parser version."""

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC
from typing import Any

from etl.runtime.clock import Clock
from etl.state.database import StateDatabase


def is_alive(pid: int) -> bool:
    """Whether a process of this machine still has that pid."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True  # somebody else's process: alive all the same
    return True


class RunLog:
    """What this data folder's runs did, in `state.db`."""

    def __init__(self, state: StateDatabase, clock: Clock) -> None:
        self._state, self._clock = state, clock

    def begin_run(self, command: str, pid: int) -> str:
        """A run starts; its id is its instant and a number, e.g. 20251101T034300Z-7."""
        now = self._clock.now().astimezone(UTC)
        self._bury(pid)
        with self._state.write() as db:
            number = db.execute("select count(*) + 1 from runs").fetchone()[0]
            run_id = f"{now:%Y%m%dT%H%M%SZ}-{number}"
            db.execute(
                "insert into runs (run_id, command, run_at, pid, status) values (?, ?, ?, ?, 'running')",
                (run_id, command, now.isoformat(), pid),
            )
        return run_id

    def _bury(self, own_pid: int) -> None:
        """Runs whose process is gone did not end by themselves: they are failures, and say so."""
        for run_id, pid in self._state.rows("select run_id, pid from runs where status = 'running'"):
            if pid == own_pid or not is_alive(pid):
                self.end_run(run_id, "failure", {"error": "killed"})

    def end_run(self, run_id: str, status: str, details: dict[str, Any]) -> None:
        """A run ended: success, partial or failure, with what each task did."""
        with self._state.write() as db:
            db.execute(
                "update runs set status = ?, finished_at = ?, details = ? where run_id = ?",
                (status, self._clock.now().isoformat(), json.dumps(details, sort_keys=True), run_id),
            )

    def runs(self, last: int = 20) -> list[dict[str, Any]]:
        """The last runs, newest first, whatever the clock said."""
        names = ("run_id", "command", "run_at", "finished_at", "pid", "status", "details")
        rows = self._state.rows(f"select {', '.join(names)} from runs order by rowid desc limit ?", last)
        return [dict(zip(names, row, strict=True)) for row in rows]

    def note_checks(self, run_id: str, results: Sequence[Mapping[str, Any]]) -> None:
        """The results of checks that stopped a run, for the next publication to show."""
        with self._state.write() as db:
            db.execute("insert or replace into stopped_checks values (?, ?)", (run_id, json.dumps(list(results))))

    def stopped_checks(self) -> dict[str, list[dict[str, Any]]]:
        """Run -> the results of its checks, of every run that they stopped."""
        return {run_id: json.loads(text) for run_id, text in self._state.rows("select * from stopped_checks")}

    def read_before(self) -> dict[int, int]:
        """Sequence -> the parser version that read it."""
        return dict(self._state.rows("select sequence, parser_version from readings"))

    def files_written(self) -> set[str]:
        """The Parquet files that hold what was read."""
        return {row[0] for row in self._state.rows("select name from parquet_files")}

    def note_readings(self, readings: list[tuple[int, str, int, int, int]], files: Iterable[str] = ()) -> None:
        """(sequence, provider, parser version, rows, refused) of answers whose Parquet is on disk, in `files`."""
        with self._state.write() as db:
            db.executemany("insert or replace into readings values (?, ?, ?, ?, ?)", readings)
            db.executemany("insert or ignore into parquet_files values (?)", [(name,) for name in files])

    def forget_files(self, names: Iterable[str]) -> None:
        """Files that were dropped because newer ones hold the same answers."""
        with self._state.write() as db:
            db.executemany("delete from parquet_files where name = ?", [(name,) for name in names])

    def forget_readings(self) -> None:
        """Read everything again (`transform --all`)."""
        with self._state.write() as db:
            db.execute("delete from readings")
            db.execute("delete from parquet_files")
