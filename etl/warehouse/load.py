"""
load: Parquet -> the next warehouse's `lake`, then the SQL models over it, at one instant.

What is new in Parquet is added as versions; the ledger's rows and the configuration are copied in, so that everything
that an artifact shows stands in the one file.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from etl.domain import Outcome, Response
from etl.market.sessions import sessions
from etl.models import registry
from etl.state.request_ledger import RequestLedger
from etl.state.run_log import RunLog
from etl.transform.parquet import Parquet
from etl.warehouse.as_of import CONFIGURATION, AsOfView, show
from etl.warehouse.file import NextFile, Warehouse
from etl.warehouse.retention import read_back_hours

SESSIONS_FROM = date(2014, 1, 1)  # a year before the default history, so that its first day has a session before it
SESSIONS_AHEAD = timedelta(days=120)


def run(
    file: NextFile,
    view: AsOfView,
    *,
    parquet: Parquet,
    ledger: RequestLedger,
    journal: RunLog,
    configuration: Mapping[str, Sequence[Mapping[str, Any]]],
    this_run: Mapping[str, Any],
    built: Sequence[registry.Model],
) -> Outcome:
    """
    Bring the next warehouse, with every model, up to `view.as_of`.

    `this_run` is the running run's row for `lake.runs`: run_id, run_at, command, status, details (JSON).

    Raises:
        DataWrong: a model cannot be built, or Parquet that this file rests on is gone.
        FolderUnusable: the disk is full.
    """
    read_back_hours(file, parquet, [path for _, path in _new_files(file, parquet, "bars")])
    added = {name: file.add(name, new) for name in parquet.relations() if (new := _new_files(file, parquet, name))}
    for name in CONFIGURATION:
        file.replace(name, configuration[name])
    _add_sessions(file, view.as_of)
    known_at = view.as_of.astimezone(UTC).replace(tzinfo=None)
    _copy_requests(file, ledger, known_at)
    _copy_runs(file, view, journal, this_run, known_at)
    _copy_stopped_checks(file, journal, known_at)
    _note_publication(file, view, configuration, known_at)
    made = show(file, view, built)
    rows = sum(added.values())
    return Outcome(f"{rows} new rows in the lake, {made} of {len(built)} models made", details={"added": added})


def is_stale(warehouse: Warehouse, parquet: Parquet) -> bool:
    """Whether the published file rests on Parquet that is not there any more: the next is built from nothing then."""
    return warehouse.exists() and not warehouse.loaded_files() <= parquet.names()


def _new_files(file: NextFile, parquet: Parquet, relation: str) -> list[tuple[str, Any]]:
    loaded = file.loaded_files()
    return [(name, path) for name, path in parquet.batches(relation).items() if name not in loaded]


def _add_sessions(file: NextFile, as_of: datetime) -> None:
    """The exchange's calendar, some months ahead; written anew each time, as a closure may come at short notice."""
    file.replace(
        "sessions",
        [
            {
                "trade_date": s.trade_date,
                "opened_at": s.opened_at.replace(tzinfo=None),
                "closed_at": s.closed_at.replace(tzinfo=None),
                "is_half_day": s.is_half_day,
            }
            for s in sessions(SESSIONS_FROM, as_of.date() + SESSIONS_AHEAD)
        ],
    )


def _copy_requests(file: NextFile, ledger: RequestLedger, known_at: datetime) -> None:
    """Requests that ended since the last copy; each carries the publication that brought it."""
    copied = {row[0] for row in file.con.execute("select sequence from lake.requests").fetchall()}
    file.append(
        "requests",
        [
            {
                **{k: v for k, v in row.items() if k != "provider"},
                "source": row["provider"],
                "reserved_at": _naive(row["reserved_at"]),
                "answered_at": _naive(row["answered_at"]),
                "known_at": known_at,
            }
            for row in ledger.finished_since(0)
            if row["sequence"] not in copied
        ],
    )


def _copy_runs(
    file: NextFile, view: AsOfView, journal: RunLog, this_run: Mapping[str, Any], known_at: datetime
) -> None:
    """Runs that ended since the last copy, and the running one as far as it has come."""
    known = {row[0] for row in file.con.execute("select run_id from lake.runs").fetchall()}
    ended = [
        {**{k: r[k] for k in ("run_id", "command", "status", "details")}, "run_at": _naive(r["run_at"])}
        | {"finished_at": _naive(r["finished_at"]), "known_at": known_at}
        for r in reversed(journal.runs(200))
        if r["status"] != "running" and r["run_id"] not in known and r["run_id"] != view.run_id
    ]
    file.con.execute("delete from lake.runs where run_id = ?", [view.run_id])  # of a run that publishes twice
    file.append("runs", [*ended, {**this_run, "run_id": view.run_id, "finished_at": known_at, "known_at": known_at}])


def _copy_stopped_checks(file: NextFile, journal: RunLog, known_at: datetime) -> None:
    """The checks of runs that they stopped; each carries the publication that brought it."""
    copied = {row[0] for row in file.con.execute("select distinct run_id from lake.check_results").fetchall()}
    for run_id, results in sorted(journal.stopped_checks().items()):
        if run_id not in copied:
            file.append("check_results", [{**row, "known_at": known_at} for row in results])


def _note_publication(file: NextFile, view: AsOfView, configuration: Mapping[str, Any], known_at: datetime) -> None:
    """This publication, with the universe of now: a later look at this instant is given the same."""
    said = {"run_id": view.run_id, "as_of": known_at, "version": view.version, "known_at": known_at}
    file.con.execute("delete from lake.publications where run_id = ?", [view.run_id])
    file.append("publications", [{**said, "configuration": json.dumps(configuration, sort_keys=True)}])


def note_run(file: NextFile, run_id: str, this_run: Mapping[str, Any]) -> None:
    """The running run's row as far as it has come since the load: a note that is missing makes it partial too."""
    file.con.execute(
        "update lake.runs set status = ?, details = ? where run_id = ?",
        [this_run["status"], this_run["details"], run_id],
    )


def number_publication(file: NextFile, kept: Response) -> None:
    """Tie the row of this publication to the document that is kept of it in the lake."""
    file.con.execute(
        "update lake.publications set sequence = ?, fetched_at = ?, sha256 = ? where run_id = ?",
        [kept.sequence, _naive(kept.answered_at.isoformat()), kept.sha256, kept.request.symbol],
    )


def _naive(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text).astimezone(UTC).replace(tzinfo=None) if text else None
