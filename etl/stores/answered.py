"""The good answers of the past, and the spans that each of them lacks, as the ledger has them."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from etl.domain import Span
from etl.stores.state import State


@dataclass(frozen=True, slots=True)
class Answered:
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


def answered(state: State, dataset: str, symbol: str) -> list[Answered]:
    """Every good answer for one dataset of one symbol, oldest first."""
    rows = state.rows(
        "select provider, path, params, answered_at, newest_at, detail from requests "
        "where dataset = ? and symbol = ? and verdict = 'ok' order by sequence",
        dataset,
        symbol,
    )
    return [
        Answered(
            provider,
            path,
            tuple(json.loads(params).items()),
            datetime.fromisoformat(at),
            datetime.fromisoformat(newest) if newest else None,
            tuple(_spans(detail)),
        )
        for provider, path, params, at, newest, detail in rows
    ]
