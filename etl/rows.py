"""
One answer's rows as the lake keeps them: each with its version, those that cannot be true refused with the reason.

Long tables of candles are read by columns instead: `etl.bars`.
"""

import math
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

from etl.coverage import LENGTHS
from etl.domain import Action, Answer, Bar, Book, Observation, Quote, Row, Series, Unreadable
from etl.publication import bar_published_at, observation_published_at, why_impossible
from etl.refusals import why_untrue
from etl.sessions import Session

CLOCKS_APART = timedelta(minutes=1)  # a trade's own clock and the web server's


def version_of(answer: Answer) -> dict[str, Any]:
    """What every row of an answer carries."""
    return {
        "source": answer.request.provider,
        "sequence": answer.sequence,
        "fetched_at": naive(answer.answered_at),
        "sha256": answer.sha256,
    }


class Reader:
    """Turns the rows of one answer into the lake's, and refuses those that cannot be true."""

    def __init__(
        self, answer: Answer, session_of: Callable[[date], Session | None], frequency_of: Callable[[str], str]
    ) -> None:
        self._answer, self._session_of, self._frequency_of = answer, session_of, frequency_of
        self._seen: dict[tuple[Any, ...], Row] = {}
        self.refused = 0
        self._version = version_of(answer)

    def read(self, row: Row) -> Iterator[tuple[str, dict[str, Any]]]:
        """(relation, values) of one row: nothing for a repetition, a refused row where it cannot be true."""
        key = _key(row)
        if key in self._seen and self._seen[key] == row:
            return
        reason = "the same row twice in one answer, with other values" if key in self._seen else self._why_refused(row)
        if reason:
            self.refused += 1
            yield "refused_rows", self._refused(row, reason)
            return
        self._seen[key] = row
        if isinstance(row, Bar):
            yield "bars", self._bar(row)
        elif isinstance(row, Observation):
            yield "observations", self._observation(row)
        elif isinstance(row, Action):
            yield "actions", {**_fields(row), **self._version}
        elif isinstance(row, Series):
            yield "series", {**_fields(row), "last_updated": naive(row.last_updated), **self._version}
        elif isinstance(row, Quote):
            at = naive(row.at)
            yield "quotes", {"symbol": row.symbol, "quoted_at": at, "price": row.price, **self._version}
        elif isinstance(row, Book):
            yield from self._book(row)

    def _why_refused(self, row: Row) -> str | None:
        if isinstance(row, Unreadable):
            return row.reason
        if isinstance(row, Bar):
            if not isinstance(row.at, datetime) and self._session_of(row.at) is None:
                return "the exchange was closed that day"
            return why_untrue(row, self._answer.server_time)
        if isinstance(row, Observation) and row.date > self._answer.server_time.date() + timedelta(days=1):
            return "dated in the future"
        if isinstance(row, Observation) and row.value is not None:
            return why_impossible(row.series_id, row.value)
        if isinstance(row, Action) and not (math.isfinite(row.value) and row.value > 0):
            return f"a {row.kind} of {row.value}"
        if isinstance(row, Quote):
            if row.price is None or row.price <= 0:
                return f"a price of {row.price}"
            return "dated in the future" if row.at > self._answer.server_time + CLOCKS_APART else None
        if isinstance(row, Book) and (not row.bids or not row.asks or row.bids[0][0] >= row.asks[0][0]):
            return "the best bid is not below the best ask"
        return None

    def _refused(self, row: Row, reason: str) -> dict[str, Any]:
        symbol = row.series_id if isinstance(row, Observation | Series) else row.symbol
        at = next((str(getattr(row, name)) for name in ("at", "date", "ex_date") if hasattr(row, name)), "")
        return {"dataset": self._answer.request.dataset, "symbol": symbol, "at": at, "reason": reason, **self._version}

    def _bar(self, bar: Bar) -> dict[str, Any]:
        values = _fields(bar)
        at = values.pop("at")
        if isinstance(at, datetime):
            opened, closed = at, at + LENGTHS[bar.interval]
            ready = closed
        else:
            days = [at] if bar.interval == "1d" else [at + timedelta(days=i - at.weekday()) for i in range(7)]
            held = [session for day in days if (session := self._session_of(day))]
            opened, closed, ready = held[0].opened_at, held[-1].closed_at, held[-1].ready_at
        values |= {
            "opened_at": naive(opened),
            "published_at": naive(bar_published_at(bar.interval, opened, closed)),
            "is_final": ready <= self._answer.server_time,
        }
        return values | self._version

    def _observation(self, row: Observation) -> dict[str, Any]:
        published = observation_published_at(row.series_id, row.date, self._frequency_of(row.series_id))
        return {**_fields(row), "published_at": naive(published), **self._version}

    def _book(self, book: Book) -> Iterator[tuple[str, dict[str, Any]]]:
        taken = naive(self._answer.server_time)
        for side, levels in (("bid", book.bids), ("ask", book.asks)):
            for level, (price, quantity) in enumerate(levels, start=1):
                yield (
                    "book_levels",
                    {
                        "symbol": book.symbol,
                        "taken_at": taken,
                        "side": side,
                        "level": level,
                        "price": price,
                        "quantity": quantity,
                        **self._version,
                    },
                )


def naive(instant: datetime) -> datetime:
    """An instant as the warehouse writes it: a TIMESTAMP that means UTC."""
    return instant.astimezone(UTC).replace(tzinfo=None)


def _fields(row: Any) -> dict[str, Any]:
    return {name: getattr(row, name) for name in row.__slots__}


def _key(row: Row) -> tuple[Any, ...]:
    if isinstance(row, Bar):
        return "bar", row.symbol, row.interval, row.at
    if isinstance(row, Observation):
        return "observation", row.series_id, row.date, row.vintage_date
    if isinstance(row, Action):
        return "action", row.symbol, row.ex_date, row.kind
    return (type(row).__name__, repr(row))
