"""
Yahoo Finance's chart: daily bars, splits and dividends of an equity in one answer, without a key.

Shape: `GET /v8/finance/chart/SYMBOL?interval=1d&period1&period2&events=div,splits` (seconds) ->
`{"chart": {"result": [{"meta", "timestamp": [...], "indicators": {"quote": [{"open": [...], ...}],
"adjclose": [{"adjclose": [...]}]}, "events": {"dividends": {...}, "splits": {...}}}], "error": null}}`.

Quirks: unofficial and unlimited on paper, with waves of 429 as `text/html`. Prices and dividends are restated for
every split up to the answer (`adjustment="split"`); `adjclose` is restated for dividends too, so it may be compared
within one answer only. A row is null throughout where nothing traded, or in single fields. The day of a row is its
instant in the exchange's own zone. The newest row may be a running session, and may stand there twice, the second
time stamped with the last trade. An empty span has no `timestamp`. A share class is written BRK-B. `currency` is
the listing's own: GBp is pence. BTC-USD is an index over several exchanges whose volume is in dollars: it stands in for
BTCUSDT with `volume=None` and `quote_volume`.

No official page; the shape is https://github.com/gadicc/node-yahoo-finance2's and https://github.com/ranaroussi/yfinance's.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from urllib.parse import quote
from zoneinfo import ZoneInfo

from etl.domain import (
    ACTIONS,
    CRYPTO_1D,
    EQUITY_DAILY,
    EQUITY_HISTORY,
    Action,
    ActionKind,
    Bar,
    DataRequest,
    Limits,
    Provider,
    ProviderRow,
    Request,
    Response,
    Terms,
    Unreadable,
)
from etl.errors import ProviderRefused, ResponseUnreadable
from etl.providers.parsing import (
    document,
    elements,
    epoch_s,
    excerpt,
    in_order,
    instant,
    is_open,
    members,
    number,
    refuse_currency,
    refuse_status,
    share_class,
)

CHART = "/v8/finance/chart/"
LAST_SESSIONS = timedelta(days=92)
PRICES = ("open", "high", "low", "close")
PAIR_QUOTE = "USDT"


class Yahoo(Provider):
    """Yahoo's chart endpoint, version 8."""

    name = "yahoo"
    title = "Yahoo Finance"
    base_url = "https://query2.finance.yahoo.com"
    limits = Limits(spacing_s=0.2, rate_limited_wait_s=5.0)
    terms = Terms(
        "Yahoo's data is for personal use; it may not be redistributed.",
        "https://legal.yahoo.com/us/en/yahoo/terms/otos/index.html",
        publishable=False,
    )
    datasets = (EQUITY_DAILY, EQUITY_HISTORY, ACTIONS, CRYPTO_1D)
    datasets_together = (EQUITY_DAILY, ACTIONS, EQUITY_HISTORY)  # one chart holds them all
    parser_version = 2  # 1 took pence and yen for dollars

    def plan(self, want: DataRequest, now: datetime) -> list[Request]:
        """
        One request, whole UTC days up to `until`: the last 92 or from an earlier `since`; EQUITY_HISTORY from `since`.

        EQUITY_DAILY and ACTIONS of one symbol and `since` have the same path and parameters: one answer holds both.
        """
        if want.dataset not in self.datasets:
            return []
        if want.dataset == CRYPTO_1D and not want.symbol.endswith(PAIR_QUOTE):
            return []
        midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        recent, tomorrow = midnight - LAST_SESSIONS, epoch_s(midnight + timedelta(days=1))
        first = 0 if want.since is None else epoch_s(want.since.astimezone(UTC)) // 86_400 * 86_400
        if want.dataset in (EQUITY_DAILY, ACTIONS):
            first = epoch_s(recent) if want.since is None else min(first, epoch_s(recent))
        params = (
            ("period1", str(max(0, first))),
            ("period2", str(min(tomorrow, -(-epoch_s(want.until) // 86_400) * 86_400 if want.until else tomorrow))),
            ("interval", "1d"),
            ("events", "div,splits"),
        )
        path = CHART + quote(_ticker(want.symbol), safe="")
        return [Request(self.name, want.dataset, want.symbol, path, params)]

    def inspect(self, answer: Response) -> None:
        """
        Return where the body is a chart of the symbol that was asked for, with at least one row.

        Raises:
            RateLimited, ProviderDown: by status.
            ProviderRefused: an unknown symbol, no row in the span, or another currency than US dollars.
            ResponseUnreadable: not the documented shape, or another symbol.
        """
        if answer.status in (400, 404):
            raise ProviderRefused(f"Yahoo has no chart of {answer.request.symbol} (HTTP {answer.status})")
        refuse_status(answer, self.title, keyed=False)
        _Chart(answer, self.title)

    def parse(self, answer: Response) -> Iterator[ProviderRow]:
        """Bars (split-adjusted, with adj_close), then actions. A crypto day that is still open is left out."""
        chart = _Chart(answer, self.title)
        rows: list[tuple[date, ProviderRow]] = []
        for i, stamp in enumerate(chart.stamps):
            at = chart.day_of(stamp)
            if at is None:
                yield Unreadable(chart.symbol, str(stamp), "not an instant")
            elif not chart.is_nothing(i) and not chart.is_live_repeat(i):
                bar = chart.bar(i, at)
                if bar is not None:
                    rows.append((at, bar))
        yield from in_order(chart.symbol, rows)
        yield from chart.actions("split")
        yield from chart.actions("dividend")


def _ticker(symbol: str) -> str:
    """Yahoo's word for our symbol: BTCUSDT is BTC-USD, BRK.B is BRK-B."""
    if symbol.endswith(PAIR_QUOTE):
        return f"{symbol.removesuffix(PAIR_QUOTE)}-USD"
    return share_class(symbol, "-")


def _ratio(event: Mapping[str, object]) -> float | None:
    """New shares for one old."""
    numerator, denominator = number(event.get("numerator")), number(event.get("denominator"))
    return numerator / denominator if numerator and denominator else None


class _Chart:
    """One chart result, its shape checked: parallel arrays of one length, the zone, the events."""

    def __init__(self, answer: Response, title: str) -> None:
        self.symbol = answer.request.symbol
        self.is_crypto = answer.request.dataset == CRYPTO_1D
        self.answer = answer
        chart = members(members(document(answer, title), "Yahoo's answer").get("chart"), "Yahoo's chart")
        if chart.get("error"):
            error = chart["error"]
            said = excerpt(error.get("description")) if isinstance(error, dict) else ""
            raise ProviderRefused(f"Yahoo has no chart of {self.symbol}: {said or 'no reason given'}")
        results = elements(chart.get("result"), "Yahoo's result")
        result = members(results[0] if results else None, "Yahoo's chart result")
        self.meta = members(result.get("meta"), "Yahoo's meta")
        self._check_symbol()
        refuse_currency(answer, title, self.meta.get("currency"))
        self.zone = self._zone()
        self.events = members(result.get("events") or {}, "Yahoo's events")
        self.stamps = elements(result.get("timestamp") or [], "Yahoo's timestamps")
        if not self.stamps:
            raise ProviderRefused(f"Yahoo has no row of {self.symbol} in that span")
        indicators = members(result.get("indicators"), "Yahoo's indicators")
        quotes = self._first(indicators, "quote")
        self.fields = {name: self._column(quotes, name) for name in (*PRICES, "volume")}
        adjusted = self._first(indicators, "adjclose") if indicators.get("adjclose") else {}
        self.adj_close = self._column(adjusted, "adjclose") if "adjclose" in adjusted else None

    def _check_symbol(self) -> None:
        if self.meta.get("symbol") != _ticker(self.symbol):
            raise ResponseUnreadable(f"Yahoo answered for another symbol than {self.symbol}")

    def _zone(self) -> ZoneInfo:
        name = self.meta.get("exchangeTimezoneName")
        try:
            return ZoneInfo(name if isinstance(name, str) else "")
        except (KeyError, ValueError, OSError):  # unknown, malformed, or a folder of the zone database
            raise ResponseUnreadable(f"Yahoo names no time zone for {self.symbol}") from None

    def _first(self, indicators: dict[str, object], name: str) -> dict[str, object]:
        parts = elements(indicators.get(name), f"Yahoo's {name}")
        return members(parts[0] if parts else None, f"Yahoo's {name}")

    def _column(self, part: dict[str, object], name: str) -> list[object]:
        column = elements(part.get(name), f"Yahoo's {name}")
        if len(column) != len(self.stamps):
            raise ResponseUnreadable(f"Yahoo's {name} of {self.symbol} has {len(column)} of {len(self.stamps)} rows")
        return column

    def day_of(self, stamp: object) -> date | None:
        """The exchange's date at a stamp in seconds."""
        at = instant(number(stamp)) if not isinstance(stamp, str) else None
        try:
            return at.astimezone(self.zone).date() if at else None
        except (ValueError, OverflowError):  # at the very ends of the calendar
            return None

    def is_nothing(self, i: int) -> bool:
        """Whether a row is null throughout: nothing traded."""
        return all(column[i] is None for column in self.fields.values())

    def is_live_repeat(self, i: int) -> bool:
        """Whether a row is the running session's second one, stamped with the last trade."""
        is_repeat = i > 0 and self.day_of(self.stamps[i]) == self.day_of(self.stamps[i - 1])
        return is_repeat and self.stamps[i] == self.meta.get("regularMarketTime")

    def bar(self, i: int, at: date) -> Bar | None:
        """The session of a date; of a pair the UTC day, None while it is open, its dollar volume as quote volume."""
        opened_at = datetime.combine(at, time(), tzinfo=UTC)
        if self.is_crypto and is_open(opened_at, timedelta(days=1), self.answer):
            return None
        volume = number(self.fields["volume"][i])
        return Bar(
            symbol=self.symbol,
            interval="1d",
            at=opened_at if self.is_crypto else at,
            open=number(self.fields["open"][i]),
            high=number(self.fields["high"][i]),
            low=number(self.fields["low"][i]),
            close=number(self.fields["close"][i]),
            volume=None if self.is_crypto else volume,
            quote_volume=volume if self.is_crypto else None,
            adjustment="raw" if self.is_crypto else "split",
            adj_close=number(self.adj_close[i]) if self.adj_close is not None and not self.is_crypto else None,
        )

    def actions(self, kind: ActionKind) -> Iterator[ProviderRow]:
        """Splits or dividends by ex-date: new shares for one old, or the amount a share as Yahoo restates it."""
        rows: list[tuple[date, ProviderRow]] = []
        for event in self._events(f"{kind}s"):
            ex_date = self.day_of(event.get("date"))
            value = _ratio(event) if kind == "split" else number(event.get("amount"))
            if ex_date is None or value is None or value <= 0:
                yield Unreadable(self.symbol, str(event.get("date", "")), f"not a {kind} with a date and a value")
            else:
                rows.append((ex_date, Action(self.symbol, ex_date, kind, value)))
        yield from in_order(self.symbol, rows)

    def _events(self, kind: str) -> list[Mapping[str, object]]:
        """Yahoo's events of one kind; one that is no object comes back empty, and is refused as a row."""
        events = self.events.get(kind)
        values = list(events.values()) if isinstance(events, dict) else []
        return [value if isinstance(value, dict) else {} for value in values if not self.is_crypto]
