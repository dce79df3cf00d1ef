"""
Reading what others wrote: bodies, numbers, dates and refusals, each to a typed value or to one of our errors.

Whatever a body holds, these functions end in a value, in None, or in an `ResponseError`; never in a `KeyError`.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from email.utils import parsedate_to_datetime
from math import isfinite

from etl.domain import Adjustment, Bar, Interval, Observation, ProviderRow, Response, Series, Unreadable
from etl.errors import KeyRefused, ProviderDown, ProviderRefused, RateLimited, ResponseUnreadable
from etl.market.sessions import session_of
from etl.market.validation import why_untrue

SHARE_CLASS = re.compile(r"[.-]([AB])$")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DECIMAL = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def document(answer: Response, title: str) -> object:
    """
    The JSON value of a body.

    Raises:
        ResponseUnreadable: empty, HTML, cut short, or not JSON.
    """
    body = answer.body.strip()
    if not body:
        raise ResponseUnreadable(f"{title} answered with an empty body")
    if body.startswith(b"<"):
        raise ResponseUnreadable(f"{title} answered with an HTML page in place of data")
    try:
        value: object = json.loads(body)
    except (ValueError, RecursionError):  # ValueError covers bad UTF-8, bad JSON and integers beyond all limits
        raise ResponseUnreadable(f"{title} answered with {len(body)} bytes that are not JSON") from None
    return value


def members(value: object, what: str) -> dict[str, object]:
    """
    A JSON object.

    Raises:
        ResponseUnreadable: `value` is anything else; `what` names it.
    """
    if not isinstance(value, dict):
        raise ResponseUnreadable(f"{what}: an object was expected, found {kind(value)}")
    return value


def elements(value: object, what: str) -> list[object]:
    """
    A JSON list.

    Raises:
        ResponseUnreadable: `value` is anything else; `what` names it.
    """
    if not isinstance(value, list):
        raise ResponseUnreadable(f"{what}: a list was expected, found {kind(value)}")
    return value


def kind(value: object) -> str:
    """What a JSON value is, in words."""
    names = {dict: "an object", list: "a list", str: "text", bool: "a boolean", type(None): "nothing"}
    return names.get(type(value), "a number")


def number(value: object) -> float | None:
    """A finite float from a JSON number or a plain decimal string; None for anything else ("NaN", "None", null)."""
    if isinstance(value, str):
        text = value.strip()
        if not DECIMAL.fullmatch(text):
            return None
        value = float(text)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        result = float(value)
    except OverflowError:
        return None
    return result if isfinite(result) else None


def whole(value: object) -> int | None:
    """An int from a JSON number without a fraction; None for anything else."""
    result = number(value)
    return int(result) if result is not None and result.is_integer() else None


def day(value: object) -> date | None:
    """A date written YYYY-MM-DD; None for anything else."""
    if not isinstance(value, str) or not ISO_DAY.fullmatch(value):
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


def instant(seconds: float | None) -> datetime | None:
    """The instant so many seconds after 1970, in UTC; None where there is no such instant."""
    if seconds is None:
        return None
    try:
        return EPOCH + timedelta(seconds=seconds)
    except OverflowError:
        return None


def share_class(symbol: str, mark: str) -> str:
    """A symbol with the mark that a provider writes before a share class: BRK.B and BRK-B are one."""
    return SHARE_CLASS.sub(rf"{mark}\1", symbol)


def is_listed_abroad(symbol: str) -> bool:
    """Whether a symbol names an exchange outside the US (VOD.L, SHOP.TO): its prices need not be dollars."""
    return "." in symbol and not SHARE_CLASS.search(symbol)


def refuse_currency(answer: Response, title: str, currency: object, listing: str = "") -> None:
    """
    Return for US dollars: what mfo sums up is in them, and pence, yen or rupees must not be taken for them.

    Raises:
        ProviderRefused: another currency, or none that is named; with the `listing` that was answered for.
    """
    if currency != "USD":
        said = excerpt(currency, 20) or "a currency that it does not name"
        raise ProviderRefused(f"{title} gives {answer.request.symbol}{listing} in {said}, and mfo counts in USD")


def is_open(opened_at: datetime, length: timedelta, answer: Response) -> bool:
    """Whether a candle was running when the answer came. One of the future is not: transform refuses it."""
    return opened_at <= answer.server_time < opened_at + length


def epoch_s(at: datetime) -> int:
    """Whole seconds from 1970 to an instant."""
    return (at - EPOCH) // timedelta(seconds=1)


def excerpt(value: object, length: int = 120) -> str:
    """The start of what a provider said, on one line; empty where it said nothing in words."""
    return " ".join(value.split())[:length] if isinstance(value, str) else ""


def refusal_in(answer: Response, name: str) -> str:
    """What a refusal's own member says; empty where the body holds no such words."""
    try:
        body = document(answer, answer.request.provider)
    except ResponseUnreadable:
        return ""
    return excerpt(body.get(name)) if isinstance(body, dict) else ""


def retry_after(answer: Response) -> float | None:
    """Seconds of the `Retry-After` header, which is a number or an HTTP date; None where there is none to read."""
    text = answer.headers.get("retry-after", "").strip()
    seconds = number(text)
    if seconds is None and text:
        try:
            at = parsedate_to_datetime(text)
        except ValueError:
            return None
        at = at if at.tzinfo else at.replace(tzinfo=UTC)
        seconds = (at - answer.server_time).total_seconds()
    return None if seconds is None else max(0.0, seconds)


def refuse_status(answer: Response, title: str, *, keyed: bool, said: str = "") -> None:
    """
    Return for status 200, and say what every other one means where the provider has no meaning of its own for it.

    Raises:
        RateLimited: 429 or 418.
        ProviderDown: 5xx, a redirect, 408, 423 or 425.
        KeyRefused: 401 of a provider with a key.
        ProviderRefused: any other 4xx.
        ResponseUnreadable: any other 2xx.
    """
    status = answer.status
    words = f"{title} answered with HTTP {status}" + (f": {said}" if said else "")
    if status == 200:
        return
    if status in (418, 429):
        raise RateLimited(words, retry_after(answer))
    if status >= 500 or 300 <= status < 400 or status in (408, 423, 425):
        raise ProviderDown(words)
    if status == 401 and keyed:
        raise KeyRefused(f"{title} does not accept the key (HTTP 401)")
    if status >= 400:
        raise ProviderRefused(words)
    raise ResponseUnreadable(words)


def in_order(symbol: str, rows: Iterable[tuple[date, ProviderRow]]) -> Iterator[ProviderRow]:
    """
    Rows by their time, oldest first.

    A row that is there twice comes once; rows that contradict each other at one time are refused together.
    """
    by_time: dict[date, list[ProviderRow]] = {}
    for at, row in rows:
        seen = by_time.setdefault(at, [])
        if row not in seen:
            seen.append(row)
    for at in sorted(by_time):
        same = by_time[at]
        if len(same) == 1:
            yield same[0]
        else:
            yield Unreadable(symbol, at.isoformat(), f"{len(same)} different rows for one time")


def bars(
    symbol: str,
    items: Iterable[object],
    names: Mapping[str, str],
    *,
    at_of: Callable[[object], date | None] = day,
    interval: Interval = "1d",
    adjustment: Adjustment = "raw",
) -> Iterator[ProviderRow]:
    """
    The bars of a list of JSON objects, oldest first; one without a time is refused alone.

    `names` says what `at` and each field of a Bar is called in them, `at_of` what the text of `at` means.
    """
    rows: list[tuple[date, ProviderRow]] = []
    for item in items:
        row = item if isinstance(item, dict) else {}
        figures = {name: number(row.get(key)) for name, key in names.items() if name not in ("at", "trades")}
        at = at_of(row.get(names["at"]))
        if at is None:
            yield Unreadable(symbol, str(row.get(names["at"], "")), "not a row with a time")
            continue
        trades = whole(row.get(names["trades"])) if "trades" in names else None
        rows.append((at, Bar(symbol, interval, at, adjustment=adjustment, trades=trades, **figures)))
    yield from in_order(symbol, rows)


def some_true(rows: list[ProviderRow], answer: Response) -> list[ProviderRow]:
    """
    The rows, where one of them at least can be true; of an answer without one, a stand-in's is the better.

    Raises:
        ResponseUnreadable: none of them can be.
    """
    if rows and all(
        isinstance(row, Unreadable) or (isinstance(row, Bar) and why_untrue(row, answer.server_time)) for row in rows
    ):
        what = f"{answer.request.dataset} of {answer.request.symbol}"
        raise ResponseUnreadable(f"{answer.request.provider}: none of the {len(rows)} rows of {what} can be true")
    return rows


def newest(rows: Sequence[ProviderRow], now: datetime) -> datetime | None:
    """
    The newest instant that the rows speak of, a day as its midnight in UTC.

    Rows that transform will refuse do not count, nor does a session that is not final yet at `now`: both are asked
    for again.
    """
    found = []
    for row in rows:
        if isinstance(row, Bar) and why_untrue(row, now):
            continue
        if isinstance(row, Bar) and isinstance(row.at, datetime):
            found.append(row.at)
        elif isinstance(row, Bar):
            session = session_of(row.at)
            if session and session.ready_at <= now:
                found.append(datetime.combine(row.at, time(), UTC))
        elif isinstance(row, Observation) and row.value is not None:
            found.append(datetime.combine(row.date, time(), UTC))
        elif isinstance(row, Series):
            found.append(row.last_updated)
    return max((instant for instant in found if instant <= now), default=None)
