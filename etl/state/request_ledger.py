"""
The ledger, in `state.db`: every request is reserved in it before it is sent.

All processes on one data folder share it, so that together they stay within each provider's day, minute and spacing.
The row is written first and the request sent after: a kill loses at most the requests in flight, and the ledger counts
them.
"""

import json
import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from etl.domain import Limits, Request
from etl.errors import FolderUnusable, LedgerQuotaExhausted
from etl.runtime.clock import Clock
from etl.state import rate_limits
from etl.state import rate_limits as minutes_
from etl.state.answered_requests import AnsweredRequest, answered, from_after
from etl.state.database import StateDatabase

LONGEST_WAIT_S = 150.0  # a provider that says "come back later than this" is left to a later run
MORE = "more"  # the verdict of a good answer after which another page of the same want is asked for
MIDNIGHT = timedelta(minutes=10)  # who is in flight at midnight may count in either day, so it counts in both
FINISHED: tuple[str, ...] = (
    *("sequence", "run_id", "provider", "dataset", "symbol", "reserved_at", "answered_at"),
    *("latency_ms", "status", "verdict", "detail"),
)


@dataclass(frozen=True, slots=True)
class LastSuccess:
    """
    The last good answer for one dataset of one symbol. `newest_at` is its newest final row, None for no row.

    `all_at` is when the series was last asked for from its beginning, which an overlap at its end is not.
    """

    provider: str
    answered_at: datetime
    newest_at: datetime | None
    all_at: datetime | None = None


def day_of(now: datetime, zone: str) -> str:
    """The provider's own day at `now`, as ISO text."""
    return now.astimezone(ZoneInfo(zone)).date().isoformat()


def _boot() -> str:
    """This boot of the machine: monotonic seconds of another boot mean nothing."""
    path = Path("/proc/sys/kernel/random/boot_id")
    return path.read_text().strip() if path.is_file() else "unknown"


class RequestLedger:
    """The requests of one data folder and their quotas."""

    def __init__(self, state: StateDatabase, clock: Clock) -> None:
        self._state, self._clock, self._boot = state, clock, _boot()

    def reserve(self, request: Request, limits: Limits, run_id: str) -> int:
        """
        Write the request down, wait for its turn, and return its sequence; the caller sends it at once.

        Raises:
            LedgerQuotaExhausted: the day has no request left, the provider said so itself, or it banned us for long.
            Stopped: the run was stopped while it waited.
        """
        while True:
            with self._state.write() as db:
                self._check_day(request, limits)
                now = self._clock.monotonic()
                wait = max(
                    self._wait_s(request, limits),
                    minutes_.minute_wait_s(db, self._boot, request.provider, limits, now),
                    rate_limits.weight_wait_s(db, self._boot, request, limits, now),
                )
                if wait <= 0:
                    self._take_turn(db, request.provider, day_of(self._clock.now(), limits.day_zone))
                    sequence = self._insert(db, request, limits, run_id)
                    minutes_.acquire_turn(db, self._boot, sequence, request.provider, limits, now)
                    rate_limits.acquire_weight(db, self._boot, sequence, request, limits, now)
                    return sequence
            self._clock.sleep(wait)

    def _check_day(self, request: Request, limits: Limits) -> None:
        today = day_of(self._clock.now(), limits.day_zone)
        spent = self._state.rows("select 1 from lanes where provider = ? and spent_day = ?", request.provider, today)
        used = self.used_today(request.provider, limits)
        if spent or (limits.per_day is not None and used >= limits.per_day):
            said = "the provider says that its day is spent" if spent else f"{used} of {limits.per_day} calls are used"
            raise LedgerQuotaExhausted(f"{request.provider}: {said}; the day ends at midnight {limits.day_zone}")

    def _wait_s(self, request: Request, limits: Limits) -> float:
        """Seconds until this request may be sent; 0 or less is now."""
        rows = self._state.rows(
            "select last_sent, blocked_until from lanes where provider = ? and boot = ?", request.provider, self._boot
        )
        if not rows:
            return 0.0
        last_sent, blocked_until = rows[0]
        now = self._clock.monotonic()
        last_sent = last_sent if (last_sent or 0.0) <= now else 0.0
        blocked = (blocked_until or 0.0) - now
        if blocked > LONGEST_WAIT_S:
            raise LedgerQuotaExhausted(f"{request.provider}: asks to wait {blocked:.0f} s; left to a later run")
        return max((last_sent or 0.0) + limits.spacing_s - now, blocked)

    def _take_turn(self, db: sqlite3.Connection, provider: str, today: str) -> None:
        db.execute(
            "insert into lanes (provider, boot, last_sent) values (?, ?, ?) "
            "on conflict (provider) do update set last_sent = excluded.last_sent, "
            "blocked_until = case when boot = excluded.boot then blocked_until end, boot = excluded.boot, "
            "spent_day = case when spent_day <= ? then spent_day end",  # a later day was noted with the clock ahead
            (provider, self._boot, self._clock.monotonic(), today),
        )

    def _insert(self, db: sqlite3.Connection, request: Request, limits: Limits, run_id: str) -> int:
        now = self._clock.now()
        cursor = db.execute(
            "insert into requests (run_id, provider, dataset, symbol, path, params, weight, day, reserved_at) "
            "values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                run_id,
                request.provider,
                request.dataset,
                request.symbol,
                request.path,
                json.dumps(dict(request.params)),
                request.weight,
                day_of(now, limits.day_zone),
                now.isoformat(),
            ),
        )
        if cursor.lastrowid is None:
            raise FolderUnusable("state.db gave no sequence")
        return cursor.lastrowid

    def number(self, request: Request, run_id: str) -> int:
        """The sequence of a document of our own: it is kept like an answer, and counts against nothing."""
        with self._state.write() as db:
            sequence = self._insert(db, request, Limits(), run_id)
            db.execute("update requests set verdict = 'kept' where sequence = ?", (sequence,))
        return sequence

    def sent(self, provider: str) -> None:
        """Note that bytes go out now: spacing counts from here, however long the connection took."""
        with self._state.write() as db:
            db.execute("update lanes set last_sent = ? where provider = ?", (self._clock.monotonic(), provider))

    def weigh(self, sequence: int, used: int) -> None:
        """Note the weight that the server's own header counts in its running window, told with this answer."""
        with self._state.write() as db:
            rate_limits.settle_weight(db, self._boot, sequence, used, self._clock.monotonic())

    def block(self, provider: str, seconds: float) -> None:
        """No request to this provider for so long, in any process: it said so. A longer block stands."""
        until = self._clock.monotonic() + seconds
        with self._state.write() as db:
            db.execute(
                "update lanes set blocked_until = max(coalesce(blocked_until, 0), ?) where provider = ?",
                (until, provider),
            )

    def mark_spent(self, provider: str, limits: Limits) -> None:
        """The provider itself said that the day's quota is spent."""
        with self._state.write() as db:
            today = day_of(self._clock.now(), limits.day_zone)
            db.execute("update lanes set spent_day = ? where provider = ?", (today, provider))

    def close(
        self,
        sequence: int,
        verdict: str,
        *,
        detail: str = "",
        status: int | None = None,
        latency_ms: float | None = None,
        rows: int | None = None,
        newest_at: datetime | None = None,
        answered_at: datetime | None = None,
    ) -> None:
        """Write down how a reserved request ended: `ok`, `more` (ok, and a page follows), or the name of the error."""
        with self._state.write() as db:
            now = self._clock.monotonic()
            minutes_.settle_turn(db, sequence, now)
            rate_limits.release_weight(db, self._boot, sequence, now)
            db.execute(
                "update requests set verdict = ?, detail = ?, status = ?, latency_ms = ?, rows = ?, newest_at = ?, "
                "answered_at = ? where sequence = ?",
                (
                    verdict,
                    detail,
                    status,
                    latency_ms,
                    rows,
                    newest_at.isoformat() if newest_at else None,
                    (answered_at or self._clock.now()).isoformat(),
                    sequence,
                ),
            )

    # what was asked before; an answer from after now, which came with the clock ahead, counts as none

    def from_after_now(self) -> str | None:
        """A line about the answers from after now, None where there are none."""
        return from_after(self._state.rows, self._clock.now())

    def used_today(self, provider: str, limits: Limits) -> int:
        """Requests to a provider in its running day, those in flight included, and those in flight at its midnight."""
        now = self._clock.now()
        midnight = datetime.combine(now.astimezone(ZoneInfo(limits.day_zone)), time(), ZoneInfo(limits.day_zone))
        start = midnight.astimezone(UTC)
        rows = self._state.rows(
            "select count(*) from requests where provider = ? and (day = ? or "
            "(day < ? and reserved_at >= ? and coalesce(answered_at, ?) >= ?))",
            *(provider, day := day_of(now, limits.day_zone), day),
            *((start - MIDNIGHT).isoformat(), start.isoformat(), start.isoformat()),
        )
        return int(rows[0][0])

    def left_today(self, provider: str, limits: Limits) -> int | None:
        """Calls that a provider's running day has room for; None where it has no limit of a day."""
        return None if limits.per_day is None else max(0, limits.per_day - self.used_today(provider, limits))

    def is_spent(self, provider: str, limits: Limits) -> bool:
        """Whether the provider itself has said today that its day is spent."""
        today = day_of(self._clock.now(), limits.day_zone)
        return bool(self._state.rows("select 1 from lanes where provider = ? and spent_day = ?", provider, today))

    def last_good(self, dataset: str, symbol: str) -> dict[str, LastSuccess]:
        """The newest good answer up to now of each provider for a dataset of a symbol; history moves no cursor."""
        rows = self._state.rows(
            "with good as (select provider, answered_at, newest_at, coalesce(json_extract(params, "
            "'$.observation_start'), json_extract(params, '$.cosd'), '') as first from requests "
            "where dataset = ? and symbol = ? and verdict = 'ok' and answered_at <= ? "
            "and run_id not in (select run_id from runs where command = 'backfill')) "
            "select provider, max(answered_at), max(newest_at), max(answered_at) filter (where first = "
            "(select min(first) from good as every where every.provider = good.provider)) from good group by provider",
            *(dataset, symbol, self._clock.now().isoformat()),
        )
        return {
            provider: LastSuccess(
                provider, datetime.fromisoformat(at), *(x and datetime.fromisoformat(x) for x in others)
            )
            for provider, at, *others in rows
        }

    def answered(self, dataset: str, symbol: str) -> list[AnsweredRequest]:
        """Every good answer up to now for one dataset of one symbol, oldest first."""
        return answered(self._state, dataset, symbol, self._clock.now())

    def cut_short(self, dataset: str, symbol: str) -> list[int]:
        """The requests for one dataset of one symbol that have not ended: in flight, or left so by a kill."""
        rows = self._state.rows(
            "select sequence from requests where dataset = ? and symbol = ? and verdict is null", dataset, symbol
        )
        return [sequence for (sequence,) in rows]

    def finished_since(self, sequence: int) -> list[dict[str, Any]]:
        """Every finished request after a sequence, oldest first, for the warehouse's copy."""
        names = FINISHED
        rows = self._state.rows(
            f"select {', '.join(names)} from requests "
            "where sequence > ? and verdict is not null and verdict <> 'kept' order by sequence",
            sequence,
        )
        return [dict(zip(names, row, strict=True)) for row in rows]

    @property
    def next_sequence(self) -> int:
        """The sequence that the next request will get."""
        return int(
            self._state.rows("select coalesce(max(seq), 0) + 1 from sqlite_sequence where name = 'requests'")[0][0]
        )

    def start_after(self, sequence: int) -> None:
        """Number on from a lake that outlived its `state.db`."""
        with self._state.write() as db:
            known = db.execute("select seq from sqlite_sequence where name = 'requests'").fetchone()
            if known is None:
                db.execute("insert into sqlite_sequence (name, seq) values ('requests', ?)", (sequence,))
            elif known[0] < sequence:
                db.execute("update sqlite_sequence set seq = ? where name = 'requests'", (sequence,))
