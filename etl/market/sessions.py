"""
The sessions of the US exchanges (XNYS), 1990 to 2060: when each opens and closes, half days and holidays included.

The rules and the unplanned closures are exchange_calendars'; it costs half a second to import, so that it is imported
and asked once, when a session is first needed.
"""

import threading
import warnings
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache

_CALENDAR = "XNYS"
FIRST, LAST = date(1990, 1, 1), date(2060, 12, 31)
SETTLING = timedelta(minutes=60)  # from the close until an equity day counts as final
_MAKING = threading.Lock()


@dataclass(frozen=True, slots=True)
class Session:
    """One session: the exchange's own date, and its open and close in UTC."""

    trade_date: date
    opened_at: datetime
    closed_at: datetime
    is_half_day: bool

    @property
    def ready_at(self) -> datetime:
        """From when on an answer's row of this session is final: 60 minutes after the close."""
        return self.closed_at + SETTLING


def sessions(first: date, last: date) -> list[Session]:
    """The sessions with first <= trade_date <= last, oldest first."""
    every = _every()
    return list(every[bisect_left(every, first, key=_date_of) : bisect_right(every, last, key=_date_of)])


def session_of(day: date) -> Session | None:
    """The session of a date, None where the exchange was closed (and outside 1990 to 2060)."""
    return _by_date().get(day)


def last_closed(now: datetime) -> Session:
    """
    The newest session that is final at `now`: it closed at least 60 minutes before.

    Raises:
        ValueError: `now` is before the first session of 1990.
    """
    every = _every()
    count = bisect_right(every, now, key=lambda session: session.ready_at)
    if count == 0:
        raise ValueError(f"no session of {_CALENDAR} is known before {now.isoformat()}")
    return every[count - 1]


def _date_of(session: Session) -> date:
    return session.trade_date


@cache
def _by_date() -> dict[date, Session]:
    return {session.trade_date: session for session in _every()}


def _every() -> tuple[Session, ...]:
    with _MAKING:  # threads that read answers side by side wait for the one that makes it
        return _made()


@cache
def _made() -> tuple[Session, ...]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # pandas 4's, of what exchange_calendars does with pandas
        import exchange_calendars

        calendar = exchange_calendars.get_calendar(_CALENDAR, start=FIRST.isoformat(), end=LAST.isoformat())
        schedule = calendar.schedule
        half_days = {stamp.date() for stamp in calendar.early_closes}
        return tuple(
            Session(stamp.date(), _utc(opened), _utc(closed), stamp.date() in half_days)
            for stamp, opened, closed in zip(schedule.index, schedule["open"], schedule["close"], strict=True)
        )


def _utc(stamp: datetime) -> datetime:
    """A plain datetime: pandas' own kind compares and pickles otherwise."""
    return datetime.fromtimestamp(stamp.timestamp(), UTC)
