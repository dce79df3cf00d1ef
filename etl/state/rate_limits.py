"""
Weight as a server's own header counts it, window by window, for all processes on one data folder (`state.db`).

The server counts in windows of fixed length whose boundaries are its own, and says after each request how much of the
running one is used (by everyone behind this address). Known of the running window are `seen` (the most that a header
said), the weight in flight (reserved, not answered), and between which two instants it began: `begun_at` at the
earliest, `began_by` at the latest. It surely ends by `began_by` + its length; until then nothing above the limit is
sent, so that no request can be one too many in whichever window it falls. A header that says less than one before the
request was sent proves that a new window began in between: that narrows the boundary to a few milliseconds, and the
next windows follow from it.
"""

import sqlite3
from dataclasses import dataclass, replace

from etl.domain import Limits, Request
from etl.runtime.progress import MINUTE_S, SHARE

IN_FLIGHT_S = 30.0  # how long after its reservation the request of a killed process may have reached the server

TURN_TABLES = """
create table if not exists turns (
    sequence integer primary key, provider text, boot text, at real, is_open integer
);
"""


def minute_wait_s(db: sqlite3.Connection, boot: str, provider: str, limits: Limits, now: float) -> float:
    """Seconds until fewer than `per_minute` requests can have reached the provider in the minute before."""
    if limits.per_minute is None:
        return 0.0
    turns = db.execute(
        "select at + ? + is_open * ? from turns where provider = ? and boot = ? and at <= ? order by 1",
        (MINUTE_S, IN_FLIGHT_S, provider, boot, now),
    ).fetchall()
    running = [ends for (ends,) in turns if ends > now]
    return running[-limits.per_minute] - now if len(running) >= limits.per_minute else 0.0


def acquire_turn(db: sqlite3.Connection, boot: str, sequence: int, provider: str, limits: Limits, now: float) -> None:
    """A reserved request takes one of the minute's turns."""
    if limits.per_minute is None:
        return
    past = now - MINUTE_S - IN_FLIGHT_S
    db.execute("delete from turns where provider = ? and (boot <> ? or at < ?)", (provider, boot, past))
    db.execute("insert into turns values (?, ?, ?, ?, 1)", (sequence, provider, boot, now))


def settle_turn(db: sqlite3.Connection, sequence: int, now: float) -> None:
    """The answer to a request: its minute runs from here."""
    db.execute("update turns set at = ?, is_open = 0 where sequence = ?", (now, sequence))


DRIFT = 1e-4  # of a window's length: no two clocks agree for ever
FORGOTTEN_AFTER = 3  # windows: a request that was never closed (its process was killed) weighs no longer

WEIGHT_TABLES = """
create table if not exists weight_windows (
    provider text primary key, boot text, begun_at real, began_by real, seen integer, seen_at real
);
create table if not exists flights (
    sequence integer primary key, provider text, boot text, weight integer, sent_at real,
    began_by real, seen integer, seen_at real, window_s real
);
"""


@dataclass(frozen=True, slots=True)
class _Window:
    """What is known of the running window; `seen_at` is when the request was sent whose answer said `seen`."""

    begun_at: float
    began_by: float
    seen: int
    seen_at: float


def weight_wait_s(db: sqlite3.Connection, boot: str, request: Request, limits: Limits, now: float) -> float:
    """Seconds until the request fits into the running window; 0 where it does."""
    if not limits.weight:
        return 0.0
    window = _running(db, boot, request.provider, limits.weight_window_s, now)
    oldest = now - FORGOTTEN_AFTER * limits.weight_window_s
    flying = db.execute(
        "select coalesce(sum(weight), 0) from flights where provider = ? and boot = ? and sent_at > ? and sent_at <= ?",
        (request.provider, boot, oldest, now),
    ).fetchone()[0]
    if window.seen + flying + request.weight <= SHARE * limits.weight or not window.seen + flying:
        return 0.0
    return max(0.001, window.began_by + limits.weight_window_s - now)


def acquire_weight(
    db: sqlite3.Connection, boot: str, sequence: int, request: Request, limits: Limits, now: float
) -> None:
    """A reserved request: its weight counts until its answer says what the server counts."""
    if not limits.weight:
        return
    window = _running(db, boot, request.provider, limits.weight_window_s, now)
    db.execute("delete from flights where boot <> ? or sent_at < ?", (boot, now - 3600))
    db.execute(
        "insert into flights values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (sequence, request.provider, boot, request.weight, now, window.began_by, window.seen, window.seen_at)
        + (limits.weight_window_s,),
    )


def settle_weight(db: sqlite3.Connection, boot: str, sequence: int, used: int, now: float) -> None:
    """The answer to a request: what its header counts in the window in which the server had it."""
    found = db.execute(
        "delete from flights where sequence = ? and boot = ? "
        "returning provider, sent_at, began_by, seen, seen_at, window_s, weight",
        (sequence, boot),
    ).fetchone()
    if found is None:
        return
    provider, sent_at, began_by, seen_before, seen_at, length, weight = found
    window = _running(db, boot, provider, length, now)
    is_of_another = used < seen_before  # the count never falls within a window
    if window.began_by == began_by and is_of_another:
        # the boundary lies between the request that saw more and this answer
        window = _narrowed(window, max(seen_at, now - length), now, length, used, sent_at)
    elif window.began_by == began_by or is_of_another:
        if used <= window.seen:
            return
        window = _Window(window.begun_at, window.began_by, used, sent_at)
    else:  # it may have been counted in the window before this one; where it was not, nobody else says so
        window = replace(window, seen=window.seen + weight)
    _note(db, boot, provider, window)


def release_weight(db: sqlite3.Connection, boot: str, sequence: int, now: float) -> None:
    """A request whose answer said no weight, or that had none: it is taken to have counted."""
    found = db.execute(
        "delete from flights where sequence = ? returning provider, sent_at, weight, window_s", (sequence,)
    ).fetchone()
    if found is not None:
        provider, sent_at, weight, length = found
        window = _running(db, boot, provider, length, now)
        if sent_at >= window.began_by or window.seen_at >= window.begun_at:
            _note(db, boot, provider, replace(window, seen=window.seen + weight))


def _running(db: sqlite3.Connection, boot: str, provider: str, length: float, now: float) -> _Window:
    """The window of `now`: the last one known, or one that follows it."""
    row = db.execute(
        "select begun_at, began_by, seen, seen_at from weight_windows where provider = ? and boot = ?", (provider, boot)
    ).fetchone()
    if row is None or row[1] > now:  # of after now: the monotonic clock began anew
        window = _Window(now - length, now, 0, now - length)
    else:
        window = _Window(*row)
        passed = int((now - window.began_by) // length)
        if passed <= 0:
            return window
        drift = passed * length * DRIFT
        began_by = min(window.began_by + passed * length + drift, now)
        begun_at = max(window.begun_at + passed * length - drift, began_by - length)
        window = _Window(begun_at, began_by, 0, began_by)
    _note(db, boot, provider, window)
    return window


def _narrowed(window: _Window, first: float, last: float, length: float, used: int, sent_at: float) -> _Window:
    """A new window that began between two instants, and where the old one's end was expected, if these agree."""
    expected = (window.begun_at + length, window.began_by + length)
    begun_at, began_by = max(first, expected[0]), min(last, expected[1])
    if begun_at > began_by:
        begun_at, began_by = first, last
    return _Window(begun_at, began_by, used, sent_at)


def _note(db: sqlite3.Connection, boot: str, provider: str, window: _Window) -> None:
    db.execute(
        "insert or replace into weight_windows values (?, ?, ?, ?, ?, ?)",
        (provider, boot, window.begun_at, window.began_by, window.seen, window.seen_at),
    )
