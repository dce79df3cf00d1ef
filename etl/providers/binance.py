"""
Binance spot: crypto candles and order books, from the host that Binance keeps for market data.

Shape: `GET /api/v3/klines` -> a list of lists of 12 (open time, open, high, low, close, volume, close time, quote
volume, trades, taker buy base, taker buy quote, unused), oldest first, at most 1000, decimals as strings;
`GET /api/v3/depth` -> `{"lastUpdateId", "bids": [["58001.03", "1.601"]], "asks": [...]}`, best level first.

Quirks: the last candle of an answer that reaches now is still running, and nothing in it says so: its close time is
the full one. A candle still open at `answer.server_time` is left out and comes whole with the next run. Real rows lie
off the grid after outages (2018-02) and close early at a halt, so neither is refused here; a row outside the span that
was asked for is. Times are milliseconds, microseconds on request and in the archive. `[]` is a good answer: no candle
in that span. Books carry no time: the answer's own instant stands for it. 429 says how long to wait; going on after
it is a ban (418) of two minutes to three days; 451 is the caller's country.

https://developers.binance.com/docs/binance-spot-api-docs/rest-api
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pyarrow as pa

from etl.domain import (
    CRYPTO_1D,
    CRYPTO_1M,
    ORDER_BOOK,
    Bar,
    Book,
    DataRequest,
    Interval,
    Limits,
    Provider,
    ProviderRow,
    Request,
    Response,
    Span,
    Terms,
    Unreadable,
)
from etl.errors import ProviderDown, ProviderRefused, RateLimited, ResponseError, ResponseUnreadable
from etl.market.bar_tables import checked, outermost
from etl.market.spans import LENGTHS
from etl.providers.parsing import (
    EPOCH,
    document,
    elements,
    excerpt,
    in_order,
    instant,
    is_open,
    members,
    number,
    refuse_status,
    retry_after,
    whole,
)
from etl.providers.protocol import Survey

KLINES, DEPTH = "/api/v3/klines", "/api/v3/depth"
INTERVALS: dict[str, Interval] = {CRYPTO_1M: "1m", CRYPTO_1D: "1d"}
INTERVAL_ASKED: dict[str, Interval] = {"1m": "1m", "15m": "15m", "1h": "1h", "1d": "1d"}
_FIGURES = {"open": 1, "high": 2, "low": 3, "close": 4, "volume": 5, "quote_volume": 7}
_FIGURES |= {"taker_buy_volume": 9, "taker_buy_quote_volume": 10}
LAST_STAMP = 4_102_444_800_000_000  # microseconds until the year 2100: nothing here is later
FIELDS = 11  # of a candle; the 12th is unused
PAGE = 1000  # rows of one klines answer
KLINES_WEIGHT, DEPTH_WEIGHT = 2, 50  # the latter for 501 to 1000 levels
OPENED = datetime(2017, 7, 14, tzinfo=UTC)  # Binance's first day: nothing is older
MICROSECONDS_FROM = 1e13  # a time above it is in microseconds
SERVER_TROUBLE = {-1000, -1001, -1006, -1007, -1008, -1016}
MILLISECOND = timedelta(milliseconds=1)


class Binance(Provider):
    """Binance's public market data."""

    name = "binance"
    title = "Binance"
    base_url = "https://data-api.binance.vision"
    limits = Limits(weight=6000, weight_window_s=60.0, parallel=8)
    terms = Terms(
        "Binance market data, for personal and internal use under Binance's terms.",
        "https://www.binance.com/en/terms",
        publishable=False,
    )
    datasets = (CRYPTO_1M, CRYPTO_1D, ORDER_BOOK)

    def plan(self, want: DataRequest, now: datetime) -> list[Request]:
        """Pages of 1000 candles from the one that holds `since` up to `until` or `now`, at least one; or one book."""
        symbol = ("symbol", want.symbol.strip().upper())
        if want.dataset == ORDER_BOOK:
            levels = ("limit", "1000")
            return [Request(self.name, want.dataset, want.symbol, DEPTH, (symbol, levels), DEPTH_WEIGHT)]
        interval = INTERVALS.get(want.dataset)
        if interval is None:
            return []
        length = LENGTHS[interval]
        last = now if want.until is None else min(now, want.until - MILLISECOND)
        since = min(max(want.since or OPENED, OPENED), last)
        start = since - (since - EPOCH) % length
        pages = []
        while start <= last:
            end = min(start + PAGE * length - MILLISECOND, last)
            span = (("startTime", _milliseconds(start)), ("endTime", _milliseconds(end)))
            params = (symbol, ("interval", interval), *span, ("limit", str(PAGE)))
            pages.append(Request(self.name, want.dataset, want.symbol, KLINES, params, KLINES_WEIGHT))
            start += PAGE * length
        return pages

    def first_candle(self, dataset: str, symbol: str) -> Request:
        """The one candle with which a symbol begins: nothing that is older is a gap."""
        params = (("symbol", symbol), ("interval", INTERVALS[dataset]), ("startTime", "0"), ("limit", "1"))
        return Request(self.name, dataset, symbol, KLINES, params, KLINES_WEIGHT)

    def span(self, path: str, params: dict[str, str]) -> Span | None:
        """The instants that a page was asked for; None for any other request."""
        first, last = whole(params.get("startTime")), whole(params.get("endTime"))
        if path != KLINES or first is None or last is None:
            return None
        return EPOCH + first * MILLISECOND, EPOCH + (last + 1) * MILLISECOND

    def inspect(self, answer: Response) -> None:
        """
        Return where the body is a list of candles (or none), or a book with both sides.

        Raises:
            RateLimited: 429, 418 or code -1003; with the wait that the header or the text gives.
            ProviderRefused: unknown symbol (-1121), a wrong parameter, a firewall (403), the country (451).
            ProviderDown: 5xx, or a code that means the server's own trouble.
            ResponseUnreadable: anything else that is not data.
        """
        if answer.status != 200:
            _refuse(answer, self.title)
        body = document(answer, self.title)
        if isinstance(body, dict) and "code" in body:
            raise _refusal(answer, body, self.title)
        if answer.request.path == DEPTH:
            _book(answer, body)
            return
        rows = elements(body, "Binance's answer")
        if rows and not any(isinstance(row, list) for row in rows):
            raise ResponseUnreadable(f"Binance's candles of {answer.request.symbol} are not lists")

    def survey(self, answer: Response) -> Survey | None:
        """How many closed candles a page holds and the newest of them; None where one of them cannot be true."""
        table = self.read_table(answer)
        if table is None:
            return None
        asked = dict(answer.request.params)
        found = checked(table, answer, INTERVAL_ASKED[asked["interval"]], self.span(answer.request.path, asked))
        if found.refused:
            return None
        return Survey(found.bars.num_rows, max(outermost(found.bars), default=None))

    def read_table(self, answer: Response) -> pa.Table | None:
        """The candles of a page as columns; None where a row is not as documented, or they are not in order."""
        if INTERVAL_ASKED.get(dict(answer.request.params).get("interval", "")) is None:
            return None
        rows = document(answer, self.title)
        try:
            columns = list(zip(*rows, strict=True)) if isinstance(rows, list) else []
            opened, trades = (pa.array(columns[place], pa.int64()) for place in (0, 8))
            figures = {name: pa.array(columns[at], pa.string()).cast("float64") for name, at in _FIGURES.items()}
        except (pa.ArrowInvalid, pa.ArrowTypeError, TypeError, ValueError, IndexError):
            return None
        stamps = [stamp if stamp > MICROSECONDS_FROM else stamp * 1000 for stamp in opened.to_pylist()]
        if not 0 <= stamps[0] <= stamps[-1] < LAST_STAMP or any(a >= b for a, b in pairwise(stamps)):
            return None
        return pa.table({"opened_at": pa.array(stamps, pa.timestamp("us")), **figures, "trades": trades})

    def parse(self, answer: Response) -> Iterator[ProviderRow]:
        """
        Bars with quote volume, trades and the taker's buys, or one Book.

        A candle still open at `answer.server_time` is left out and comes whole with the next run.
        """
        body = document(answer, self.title)
        if answer.request.path == DEPTH:
            yield _book(answer, body)
            return
        symbol, asked = answer.request.symbol, dict(answer.request.params)
        if asked.get("startTime") == "0":
            return  # a symbol's first candle, years before those that were asked for, says when it was listed
        interval = INTERVAL_ASKED.get(asked.get("interval", ""))
        if interval is None:
            raise ResponseUnreadable(f"the request for {symbol} names no interval that we know")
        rows: list[tuple[datetime, ProviderRow]] = []
        for row in elements(body, "Binance's answer"):
            opened_at = _opened_at(row)
            if opened_at is None or not isinstance(row, list) or len(row) < FIELDS:
                at = opened_at.isoformat() if opened_at else ""
                yield Unreadable(symbol, at, f"not a candle of {FIELDS} fields with an open time")
            elif not _is_asked_for(opened_at, asked):
                yield Unreadable(symbol, opened_at.isoformat(), "outside the span that was asked for")
            elif not is_open(opened_at, LENGTHS[interval], answer):
                rows.append((opened_at, _bar(symbol, interval, opened_at, row)))
        yield from in_order(symbol, rows)


def _milliseconds(at: datetime) -> str:
    return str((at - EPOCH) // MILLISECOND)


def _opened_at(row: object) -> datetime | None:
    """The open time, which stands first in a row; milliseconds, or microseconds where it is that large."""
    stamp = whole(row[0]) if isinstance(row, list) and row and not isinstance(row[0], str) else None
    if stamp is None or stamp < 0:
        return None
    return instant(stamp / 1e6 if stamp > MICROSECONDS_FROM else stamp / 1e3)


def _is_asked_for(opened_at: datetime, asked: dict[str, str]) -> bool:
    first, last = whole(asked.get("startTime")), whole(asked.get("endTime"))
    stamp = (opened_at - EPOCH) // MILLISECOND
    return (first is None or first <= stamp) and (last is None or stamp <= last)


def _bar(symbol: str, interval: Interval, opened_at: datetime, row: list[object]) -> Bar:
    return Bar(
        symbol=symbol,
        interval=interval,
        at=opened_at,
        open=number(row[1]),
        high=number(row[2]),
        low=number(row[3]),
        close=number(row[4]),
        volume=number(row[5]),
        quote_volume=number(row[7]),
        trades=whole(row[8]),
        taker_buy_volume=number(row[9]),
        taker_buy_quote_volume=number(row[10]),
    )


def _book(answer: Response, value: object) -> Book:
    body = members(value, "Binance's book")
    sides: list[list[tuple[float, float]]] = []
    for side in ("bids", "asks"):
        levels: list[tuple[float, float]] = []
        for level in elements(body.get(side), f"Binance's {side}"):
            pair = level[:2] if isinstance(level, list) and len(level) >= 2 else (None, None)
            price, quantity = (number(value) for value in pair)
            if price is None or quantity is None or price <= 0 or quantity < 0:
                raise ResponseUnreadable(f"Binance's {side} of {answer.request.symbol} hold a level that is no price")
            levels.append((price, quantity))
        sides.append(sorted(levels, reverse=side == "bids"))
    if not sides[0] or not sides[1]:
        raise ResponseUnreadable(f"Binance's book of {answer.request.symbol} has an empty side")
    if sides[0][0][0] >= sides[1][0][0]:
        raise ResponseUnreadable(f"Binance's book of {answer.request.symbol} bids more than it asks")
    return Book(answer.request.symbol, tuple(sides[0]), tuple(sides[1]))


def _refuse(answer: Response, title: str) -> None:
    try:
        body = document(answer, title)
    except ResponseUnreadable:
        body = None
    if answer.status == 451:
        raise ProviderRefused("Binance does not serve this location (HTTP 451)")
    if answer.status == 403:
        raise ProviderRefused("Binance's firewall blocked the request (HTTP 403)")
    if isinstance(body, dict) and (answer.status in (418, 429) or answer.status < 500):
        raise _refusal(answer, body, title)
    refuse_status(answer, title, keyed=False)


def _refusal(answer: Response, body: dict[str, object], title: str) -> ResponseError:
    """The error behind a body `{"code", "msg"}`, https://github.com/binance/binance-spot-api-docs errors.md."""
    code, said = whole(body.get("code")), excerpt(body.get("msg"))
    if code == -1003 or answer.status in (418, 429):
        wait = retry_after(answer)
        return RateLimited("Binance asks us to slow down", wait if wait is not None else _banned_for(answer, said))
    if code in SERVER_TROUBLE:
        return ProviderDown(f"Binance is in trouble: {said}")
    if code == -1121:
        return ProviderRefused(f"Binance does not know {answer.request.symbol}")
    if answer.status == 200 or answer.status >= 400:
        return ProviderRefused(f"Binance refused the request: {said or f'HTTP {answer.status}'}")
    return ProviderDown(f"{title} answered with HTTP {answer.status}")


def _banned_for(answer: Response, said: str) -> float | None:
    """Seconds until the end of a ban, from its text; None where it names none."""
    match = re.search(r"banned until (\d{13})\b", said)
    until = instant(int(match[1]) / 1000) if match else None
    return None if until is None else max(0.0, (until - answer.server_time).total_seconds())
