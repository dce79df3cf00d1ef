"""
The words that all modules share: what is asked (Want, Request), what came back (Answer), and what it says (rows).

All instants are timezone-aware UTC `datetime`s; prices are in the quote currency as the provider gives them.
"""

import datetime as dt
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Literal, Protocol

Interval = Literal["1m", "5m", "15m", "1h", "1d", "1w"]
Adjustment = Literal["raw", "split", "total"]
ActionKind = Literal["split", "dividend"]

EQUITY_DAILY = "equity_daily"  # the last sessions of an equity, one row a session
EQUITY_HISTORY = "equity_history"  # once per symbol: daily sessions back to `history_from`
EQUITY_INTRADAY = "equity_intraday"  # bars of five minutes: compared with the daily ones, in no metric
ACTIONS = "actions"  # splits and dividends of an equity
MACRO = "macro"  # observations of a series
SERIES_METADATA = "series"  # a series' title, units and frequency
CRYPTO_1M = "crypto_1m"
CRYPTO_1D = "crypto_1d"
ORDER_BOOK = "order_book"
EQUITY_QUOTE = "equity_quote"  # a last price of a source that gives no bars: compared with closes, never one itself
CRYPTO_QUOTE = "crypto_quote"
CHECKED = "figures found in the facts; wording not checked"  # what is said of a note that is published


@dataclass(frozen=True, slots=True)
class DataRequest:
    """
    One dataset of one symbol (or FRED series), from `since` on; `since=None` is all that the provider gives.

    `until` ends a span of candles before that instant; a provider that cannot end there gives more.
    """

    dataset: str
    symbol: str
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Gap:
    """A stretch of bars that a source has not given so far, to be asked for again; `last_asked_at` None is never."""

    dataset: str
    symbol: str
    from_at: datetime
    to_at: datetime
    last_asked_at: datetime | None


@dataclass(frozen=True, slots=True)
class Request:
    """One GET below a base URL, without its key, of some `weight`; the answer to `proof` says what its body must be."""

    provider: str
    dataset: str
    symbol: str
    path: str
    params: tuple[tuple[str, str], ...] = ()
    weight: int = 1
    proof: "Request | None" = None


@lru_cache(maxsize=1024)
def _http_date(stamp: str) -> datetime:
    """An HTTP date; remembered, because every row of an answer asks for its answer's."""
    return parsedate_to_datetime(stamp).astimezone(UTC)


@lru_cache(maxsize=4)
def _sha256(body: bytes) -> str:
    """The hash of a body; remembered, because an answer is asked for it several times while it is read."""
    return hashlib.sha256(body).hexdigest()


@dataclass(frozen=True, slots=True)
class Response:
    """
    What came back, as it is kept: the decoded body with keys redacted.

    `sequence` numbers the answers of one data folder in the order in which they were asked for.
    """

    request: Request
    status: int
    headers: Mapping[str, str]  # lower-case names, only those that matter
    body: bytes
    asked_at: datetime
    answered_at: datetime
    sequence: int
    run_id: str

    @property
    def sha256(self) -> str:
        """The name of the body on disk."""
        return _sha256(self.body)

    @property
    def server_time(self) -> datetime:
        """The earlier of the server's `Date` and our clock: a candle is closed only when both say so."""
        stamp = self.headers.get("date")
        return min(_http_date(stamp), self.answered_at) if stamp else self.answered_at


@dataclass(frozen=True, slots=True)
class Bar:
    """
    One bar as a provider gives it. A field that is absent or not a number is None; transform refuses the row then.

    `at` is the session's date for an equity day and the opening instant for a candle.
    """

    symbol: str
    interval: Interval
    at: date | datetime
    open: float | None
    high: float | None
    low: float | None
    close: float | None
    volume: float | None
    adjustment: Adjustment = "raw"
    adj_close: float | None = None
    quote_volume: float | None = None
    trades: int | None = None
    taker_buy_volume: float | None = None
    taker_buy_quote_volume: float | None = None


@dataclass(frozen=True, slots=True)
class Observation:
    """One value of a macro series; `value=None` is the provider's own missing value (FRED's `.`)."""

    series_id: str
    date: dt.date
    value: float | None
    vintage_date: dt.date | None = None  # only where a vintage was asked for


@dataclass(frozen=True, slots=True)
class Action:
    """A split (`value` = new shares for one old) or a dividend (`value` in the quote currency a share)."""

    symbol: str
    ex_date: date
    kind: ActionKind
    value: float


@dataclass(frozen=True, slots=True)
class Book:
    """An order book as of the answer: (price, quantity) from the best level outwards."""

    symbol: str
    bids: tuple[tuple[float, float], ...]
    asks: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Quote:
    """A price at an instant from a source without bars; it is compared with closes, and stands in no metric."""

    symbol: str
    at: datetime
    price: float | None


@dataclass(frozen=True, slots=True)
class Series:
    """A macro series' own description."""

    series_id: str
    title: str
    units: str
    frequency: str  # D, W, M, ...
    seasonal_adjustment: str
    last_updated: datetime


@dataclass(frozen=True, slots=True)
class Unreadable:
    """One row that the provider's own shape does not allow; transform keeps it in the refused rows."""

    symbol: str
    at: str
    reason: str


Span = tuple[datetime, datetime]  # from the first instant up to, not including, the second
ProviderRow = Bar | Observation | Action | Book | Quote | Series | Unreadable


@dataclass(frozen=True, slots=True)
class Credential:
    """Where a provider's key goes on the wire, and from which variable; `beside` are its other parts, all needed."""

    env: str
    where: Literal["query", "header"]
    name: str
    required: bool = True
    beside: tuple["Credential", ...] = ()

    @property
    def parts(self) -> tuple["Credential", ...]:
        """Every part of the key, this one first."""
        return (self, *self.beside)

    @property
    def variables(self) -> str:
        """The variables that it is read from, in words."""
        return " and ".join(part.env for part in self.parts)


@dataclass(frozen=True, slots=True)
class Limits:
    """
    What a provider allows on its free tier; settings may change each field.

    `per_day` counts in `day_zone`, and its last `reserve` calls are the daily run's, not a backfill's; `spacing_s` is
    between the starts of two requests; `weight` per `weight_window_s`. `per_minute` is of any 60 seconds: so it holds
    at a provider that counts whole minutes and at one that does not.
    """

    per_day: int | None = None
    reserve: int = 0
    day_zone: str = "UTC"
    per_minute: int | None = None
    spacing_s: float = 0.0
    weight: int | None = None
    weight_window_s: float = 60.0
    timeout_s: float = 30.0
    parallel: int = 1
    rate_limited_wait_s: float = 2.0  # after "too fast" without a Retry-After


@dataclass(frozen=True, slots=True)
class Terms:
    """A provider's terms of use in a sentence, with the page, and whether its rows may be published again."""

    text: str
    url: str
    publishable: bool


class Provider(Protocol):
    """A source: what to ask and how to read the answer. Pure: no clock, no socket, no file."""

    name: str
    title: str
    base_url: str
    credential: Credential | None = None
    limits: Limits
    terms: Terms
    cadence_hours: float = 24.0
    premium_limits: Limits | None = None  # of a key that is paid for
    datasets: tuple[str, ...]
    datasets_together: tuple[str, ...] = ()  # those that one response gives at once
    parser_version: int = 1

    @property
    def base_url_env(self) -> str:
        """The variable that says where it is."""
        return f"{self.name.upper()}_BASE_URL"

    def plan(self, want: DataRequest, now: datetime) -> list[Request]:
        """The requests that answer `want` at `now`, oldest rows first; [] where this provider cannot."""
        ...

    def inspect(self, answer: Response) -> None:
        """
        Return where the answer is data.

        Raises:
            ResponseError: the subclass says what extraction does next.
        """
        ...

    def parse(self, answer: Response) -> Iterator[ProviderRow]:
        """
        Turn an answer that `inspect` let pass into rows, oldest first.

        Raises:
            ResponseUnreadable: the body is not of the documented shape.
        """
        ...


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a stage did, for people and for `etl_runs`: one line, and what was left undone."""

    line: str
    undone: tuple[str, ...] = ()  # each makes the run partial (exit 3)
    notes: tuple[str, ...] = ()  # worth saying, not a failure
    details: Mapping[str, object] = field(default_factory=dict)
