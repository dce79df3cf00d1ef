"""The good answers of the past, and the spans that each of them lacks, as the ledger has them."""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from etl.domain import Span
from etl.state.database import StateDatabase


@dataclass(frozen=True, slots=True)
class AnsweredRequest:
    """A good answer: what was asked, its newest final row, and the spans that its own body lacks."""

    provider: str
    path: str
    params: tuple[tuple[str, str], ...]
    answered_at: datetime
    newest_at: datetime | None
    missing: tuple[Span, ...]


def spans_text(spans: Iterable[Span]) -> str:
    """Spans as `close` notes them for `answered`."""
    return " ".join(f"{first.isoformat()}/{last.isoformat()}" for first, last in spans)


def _spans(text: str) -> Iterator[Span]:
    for part in text.split():
        first, _, last = part.partition("/")
        yield datetime.fromisoformat(first), datetime.fromisoformat(last)


def from_after(rows: Callable[..., list[tuple[Any, ...]]], now: datetime) -> str | None:
    """A line about the answers from after now, which came with the clock ahead; None where there are none."""
    ((count, newest),) = rows("select count(*), max(answered_at) from requests where answered_at > ?", now.isoformat())
    if not count:
        return None
    return f"{count} answers are from after now, the newest of {newest[:19]}Z; they count as none: is the clock right?"


def answered(state: StateDatabase, dataset: str, symbol: str, now: datetime) -> list[AnsweredRequest]:
    """Every good answer up to now for one dataset of one symbol, oldest first."""
    rows = state.rows(
        "select provider, path, params, answered_at, newest_at, detail from requests "
        "where dataset = ? and symbol = ? and verdict = 'ok' and answered_at <= ? order by sequence",
        *(dataset, symbol, now.isoformat()),
    )
    return [
        AnsweredRequest(
            provider,
            path,
            tuple(json.loads(params).items()),
            datetime.fromisoformat(at),
            datetime.fromisoformat(newest) if newest else None,
            tuple(_spans(detail)),
        )
        for provider, path, params, at, newest, detail in rows
    ]
