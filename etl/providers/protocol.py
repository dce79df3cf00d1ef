"""What some providers can do beside what every `Provider` does: give columns, be proven, go on to a further page."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, runtime_checkable

from etl.domain import Provider, Request, Response, Span


@dataclass(frozen=True, slots=True)
class Survey:
    """What a body of many rows holds, told without making an object of each."""

    rows: int
    newest_at: datetime | None
    missing: tuple[Span, ...] = ()


@runtime_checkable
class ColumnarProvider(Provider, Protocol):
    """A source of long tables of candles: where `span` knows a request, its answer is read as columns."""

    def span(self, path: str, params: dict[str, str]) -> Span | None:
        """The instants that an answer to this request speaks of."""
        ...

    def survey(self, answer: Response) -> Survey | None:
        """What an answer holds; None where its rows have to be read one by one."""
        ...

    def read_table(self, answer: Response) -> Any:
        """The candles of an answer as a `pyarrow.Table`, a column for each field of a Bar; None as above."""
        ...


@runtime_checkable
class ProvenProvider(Provider, Protocol):
    """A source whose answers are proven by others, which `Request.proof` names."""

    def proof(self, answer: Response) -> dict[str, str]:
        """The headers that a proving answer adds to those of the answer that it proves."""
        ...


@runtime_checkable
class Paged(Protocol):
    """A provider whose answer itself says that more of it is to come."""

    def more(self, answer: Response) -> Request | None:
        """The request for the page after `answer`, which `inspect` let pass; None where it was the last."""


@runtime_checkable
class ListingProvider(Provider, Protocol):
    """A source that tells with which candle a symbol begins."""

    def first_candle(self, dataset: str, symbol: str) -> Request:
        """The request for the one candle before which nothing is missing."""
        ...
