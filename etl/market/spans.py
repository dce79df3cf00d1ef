"""
Which bars a good answer speaks of: what it lacks inside that span, its source did not have then.

The span is read from the request where that names one (a start and an end by any of the usual words, or the day or
month of an archive file), else from the rows: from the oldest one to the instant of the answer. A page that is full
speaks of no more than its rows. Nothing later than the server's own clock is covered.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from etl.domain import Bar, Interval, ProviderRow, Response

LENGTHS: dict[Interval, timedelta] = {
    "1m": timedelta(minutes=1),
    "5m": timedelta(minutes=5),
    "15m": timedelta(minutes=15),
    "1h": timedelta(hours=1),
    "1d": timedelta(days=1),
    "1w": timedelta(days=7),
}
_STARTS = ("startTime", "period1", "start_date", "start", "from")
ENDS = ("endTime", "period2", "end_date", "end", "to")
ARCHIVE = re.compile(r"-(\d{4}-\d{2}(?:-\d{2})?)\.zip$")
GRACE = timedelta(minutes=1)  # a candle that closed less than this ago may not be in the source's tables yet
MILLISECONDS_FROM = 1e11  # an epoch above it is in milliseconds


@dataclass(frozen=True, slots=True)
class Coverage:
    """Every bar of `interval` that opened at `covers_from` or later and was over by `covers_until`."""

    interval: Interval
    covers_from: datetime
    covers_until: datetime


def covered(answer: Response, rows: Sequence[ProviderRow]) -> Coverage | None:
    """The span of bars that a good answer speaks of; None where it is not about bars, or speaks of none."""
    bars = [row for row in rows if isinstance(row, Bar)]
    interval = bars[0].interval if bars else interval_asked(dict(answer.request.params))
    if interval is None:
        return None
    opened = [row.at if isinstance(row.at, datetime) else datetime.combine(row.at, time(), UTC) for row in bars]
    return covered_by(answer, interval, opened, len(rows))


def covered_by(answer: Response, interval: Interval, opened: Sequence[datetime], rows: int) -> Coverage | None:
    """The same of an answer whose rows are told by their number and by when the oldest and the newest bar opened."""
    asked = dict(answer.request.params)
    archive = _archived(answer.request.path)
    named = span_asked(asked)
    first = archive[0] if archive else named[0] or min(opened, default=None)
    last = archive[1] if archive else named[1] or answer.server_time
    if opened and str(rows) == asked.get("outputsize"):  # the newest so many rows of the span
        first = min(opened)
    if first is None:
        return None
    if opened and str(rows) == asked.get("limit"):
        last = min(last, max(opened) + LENGTHS[interval])
    last = min(last, answer.server_time - GRACE)
    return Coverage(interval, first, last) if first < last else None


def span_asked(asked: Mapping[str, str]) -> tuple[datetime | None, datetime | None]:
    """The start and the end that a request names, None for what it does not."""
    return _named(asked, _STARTS), _named(asked, ENDS)


def interval_asked(asked: Mapping[str, str]) -> Interval | None:
    """The length of candles that a request names."""
    return next((name for name in LENGTHS if asked.get("interval") == name), None)


def _named(asked: Mapping[str, str], words: Sequence[str]) -> datetime | None:
    """The instant that one of the words is given in a request: an epoch in seconds or milliseconds, or ISO text."""
    text = next((asked[word] for word in words if word in asked), "")
    if text.isdigit():
        seconds = int(text) / 1000 if int(text) > MILLISECONDS_FROM else int(text)
        return datetime.fromtimestamp(round(seconds), UTC)  # an end is the last millisecond of its candle
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return at + timedelta(days=1) if len(text) == len("2025-10-31") and words is ENDS else at


def _archived(path: str) -> tuple[datetime, datetime] | None:
    """The first instant of an archive file's day or month, and that of the next one."""
    match = ARCHIVE.search(path)
    if match is None:
        return None
    is_day = len(match[1]) == len("2025-10-31")
    first = date.fromisoformat(match[1] if is_day else f"{match[1]}-01")
    following = first + timedelta(days=1) if is_day else (first.replace(day=28) + timedelta(days=4)).replace(day=1)
    return datetime.combine(first, time(), UTC), datetime.combine(following, time(), UTC)
