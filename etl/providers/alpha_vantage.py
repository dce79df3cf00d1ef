"""
Alpha Vantage: equity bars as traded (days, weeks back to the listing, five minutes), actions, crypto days, rates.

Shape: `GET /query?function=...`. An object with `Meta Data` and a series named after the function (`Time Series
(Daily)`), newest first, whose rows are `{"1. open": "218.2000", ..., "5. volume": "1234"}`; keys are matched by their
text after the number, because the numbers differ from function to function. SPLITS, DIVIDENDS and the economic
functions hold a list `data`.

Quirks: every refusal is HTTP 200 with `Information`, `Note` or `Error Message`. The burst text names the daily limit
and premium endpoints too, so the order of the tests matters. A good answer may carry a `Note`: where the series is
there, it is data. The daily cap echoes the key, so no text of that body is ever quoted. A free key gives 100 daily
rows and no more, 25 calls a day and one a second (1.00 s still trips it). The newest row may be a running session.
"Invalid API call" is an unknown symbol, and also what it says of a known one when it is in trouble. Bars of five
minutes are for premium keys; they are named by their start, in US/Eastern. A week is named by its last session so far.

https://www.alphavantage.co/documentation/
"""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from etl.domain import (
    ACTIONS,
    CRYPTO_1D,
    EQUITY_DAILY,
    EQUITY_HISTORY,
    EQUITY_INTRADAY,
    MACRO,
    Action,
    ActionKind,
    Bar,
    Credential,
    DataRequest,
    Interval,
    Limits,
    Observation,
    Provider,
    ProviderRow,
    Request,
    Response,
    Terms,
    Unreadable,
)
from etl.errors import (
    KeyRefused,
    ProviderQuotaExhausted,
    ProviderRefused,
    RateLimited,
    ResponseError,
    ResponseUnreadable,
)
from etl.market.sessions import last_closed, sessions
from etl.market.spans import LENGTHS
from etl.providers.parsing import (
    day,
    document,
    elements,
    excerpt,
    in_order,
    is_listed_abroad,
    is_open,
    members,
    number,
    refuse_status,
    share_class,
)

_QUOTE = "USDT"  # a crypto pair of ours; Alpha Vantage knows the coin against the dollar
SERIES_KEYS = {
    "TIME_SERIES_DAILY": "Time Series (Daily)",
    "TIME_SERIES_WEEKLY": "Weekly Time Series",
    "TIME_SERIES_INTRADAY": "Time Series (5min)",
    "DIGITAL_CURRENCY_DAILY": "Time Series (Digital Currency Daily)",
}
_INTERVALS: dict[str, Interval] = {"TIME_SERIES_WEEKLY": "1w", "TIME_SERIES_INTRADAY": "5m"}
EQUITIES = (EQUITY_DAILY, EQUITY_HISTORY, EQUITY_INTRADAY, ACTIONS)
EASTERN, NEW_YORK = "US/Eastern", ZoneInfo("America/New_York")
# FRED's series that Alpha Vantage serves again, unchanged; its CPI is another one (not seasonally adjusted)
ECONOMIC: dict[str, tuple[tuple[str, str], ...]] = {
    "DGS10": (("function", "TREASURY_YIELD"), ("interval", "daily"), ("maturity", "10year")),
    "DGS2": (("function", "TREASURY_YIELD"), ("interval", "daily"), ("maturity", "2year")),
    "FEDFUNDS": (("function", "FEDERAL_FUNDS_RATE"), ("interval", "monthly")),
    "UNRATE": (("function", "UNEMPLOYMENT"),),
    "DCOILWTICO": (("function", "WTI"), ("interval", "daily")),
}
EVENTS: dict[str, tuple[ActionKind, str, str]] = {
    "SPLITS": ("split", "effective_date", "split_factor"),
    "DIVIDENDS": ("dividend", "ex_dividend_date", "amount"),
}


class AlphaVantage(Provider):
    """The free key's functions, in the order in which the observatory needs them."""

    name = "alpha_vantage"
    title = "Alpha Vantage"
    base_url = "https://www.alphavantage.co"
    credential = Credential("ALPHA_VANTAGE_API_KEY", "query", "apikey")
    limits = Limits(per_day=25, reserve=25, day_zone="US/Eastern", spacing_s=1.1)
    premium_limits = Limits(per_minute=75)  # of the smallest plan; there is no daily cap
    terms = Terms(
        "Free data is for personal use; other use needs Alpha Vantage's agreement.",
        "https://www.alphavantage.co/terms_of_service/",
        publishable=False,
    )
    datasets = (EQUITY_DAILY, EQUITY_HISTORY, EQUITY_INTRADAY, ACTIONS, MACRO, CRYPTO_1D)

    def plan(self, want: DataRequest, now: datetime) -> list[Request]:
        """
        One request each, two for ACTIONS; [] for a series or pair that Alpha Vantage does not serve, and for a listing
        abroad: no body names its currency.

        EQUITY_HISTORY is weeks. EQUITY_INTRADAY (a premium key's) is the newest session, or the last 30 days.
        """
        symbol = ("symbol", share_class(want.symbol, "-"))
        if want.dataset in EQUITIES and is_listed_abroad(want.symbol):
            return []
        if want.dataset == EQUITY_DAILY:
            daily = (("function", "TIME_SERIES_DAILY"), symbol, ("outputsize", "compact"))
            return [self._ask(want, daily)]
        if want.dataset == EQUITY_HISTORY:
            return [self._ask(want, (("function", "TIME_SERIES_WEEKLY"), symbol))]
        if want.dataset == EQUITY_INTRADAY:
            shape = (("interval", "5min"), ("adjusted", "false"), ("extended_hours", "false"))
            size = ("outputsize", "compact" if _is_newest_session(want, now) else "full")
            return [self._ask(want, (("function", "TIME_SERIES_INTRADAY"), symbol, *shape, size))]
        if want.dataset == ACTIONS:
            return [self._ask(want, (("function", function), symbol)) for function in EVENTS]
        if want.dataset == MACRO and want.symbol in ECONOMIC:
            return [self._ask(want, ECONOMIC[want.symbol])]
        if want.dataset == CRYPTO_1D and want.symbol.endswith(_QUOTE):
            coin = ("symbol", want.symbol.removesuffix(_QUOTE))
            return [self._ask(want, (("function", "DIGITAL_CURRENCY_DAILY"), coin, ("market", "USD")))]
        return []

    def inspect(self, answer: Response) -> None:
        """
        Return where the series that was asked for is in the body and is of the symbol that was asked for.

        Raises:
            RateLimited: more than one request a second.
            ProviderQuotaExhausted: the day's 25 are spent.
            KeyRefused: no key, or the demo key.
            ProviderRefused: premium, unknown symbol or function.
            ResponseUnreadable: anything else that is not data.
        """
        refuse_status(answer, self.title, keyed=True)
        body = members(document(answer, self.title), "Alpha Vantage's answer")
        function = _function(answer)
        if function in SERIES_KEYS:
            if body.get(SERIES_KEYS[function]):
                _rows_by_time(answer, body)
                _check_symbol(answer, body)
                return
        elif isinstance(body.get("data"), list) and "endpoint" not in body and "message" not in body:
            if function in EVENTS and body.get("symbol") not in (dict(answer.request.params)["symbol"], None):
                raise ResponseUnreadable(f"Alpha Vantage answered for another symbol than {answer.request.symbol}")
            if (asked := dict(answer.request.params).get("interval")) and body.get("interval") != asked:
                raise ResponseUnreadable(f"Alpha Vantage's {answer.request.symbol} is not {asked}")
            return
        raise _refusal(body, answer.request.symbol)

    def parse(self, answer: Response) -> Iterator[ProviderRow]:
        """Bars (raw), actions or observations. A candle that is still open is left out, a day or week is not."""
        body = members(document(answer, self.title), "Alpha Vantage's answer")
        function, symbol = _function(answer), answer.request.symbol
        if function in SERIES_KEYS:
            yield from _bars(answer, function, _rows_by_time(answer, body))
        elif function in EVENTS:
            yield from _actions(symbol, function, elements(body.get("data"), "Alpha Vantage's data"))
        else:
            yield from _observations(symbol, elements(body.get("data"), "Alpha Vantage's data"))

    def _ask(self, want: DataRequest, params: tuple[tuple[str, str], ...]) -> Request:
        return Request(self.name, want.dataset, want.symbol, "/query", params)


def _function(answer: Response) -> str:
    return dict(answer.request.params).get("function", "")


def _named(row: dict[str, object]) -> dict[str, object]:
    """A row by the text after the number: "1. open" and the older "1b. open (USD)" are both "open"."""
    return {re.sub(r"^\d+[a-z]?\. | \(USD\)$", "", key): value for key, value in row.items()}


def _is_newest_session(want: DataRequest, now: datetime) -> bool:
    """Whether the newest hundred bars hold all that is wanted: the last session, no other having begun since."""
    last = last_closed(now)
    begun = [session for session in sessions(last.trade_date, now.date()) if session.opened_at <= now]
    return want.since is not None and want.since >= last.opened_at and len(begun) == 1


def _rows_by_time(answer: Response, body: dict[str, object]) -> dict[str, object]:
    key = SERIES_KEYS[_function(answer)]
    return members(body.get(key), f"Alpha Vantage's {key}")


def _check_symbol(answer: Response, body: dict[str, object]) -> None:
    meta = _named(members(body.get("Meta Data"), "Alpha Vantage's Meta Data"))
    asked = dict(answer.request.params)
    said = meta.get("Digital Currency Code") if "market" in asked else meta.get("Symbol")
    if _function(answer) == "TIME_SERIES_INTRADAY" and meta.get("Time Zone") != EASTERN:
        raise ResponseUnreadable(f"Alpha Vantage gave {answer.request.symbol} in another time zone than {EASTERN}")
    if not isinstance(said, str) or said.upper() != asked.get("symbol", "").upper():
        raise ResponseUnreadable(f"Alpha Vantage answered for another symbol than {answer.request.symbol}")
    if "market" in asked and meta.get("Market Code") != asked["market"]:
        raise ResponseUnreadable(f"Alpha Vantage gave {answer.request.symbol} in another currency than asked")


def _refusal(body: dict[str, object], symbol: str) -> ResponseError:
    """The error that a body without data is. The order is that of the facts: each text names the next one's words."""
    keys = ("Information", "Note", "Error Message", "message", "detail")
    said = " ".join(str(body[key]) for key in keys if key in body)
    text = said.lower()
    if "per second" in text or "spreading out" in text:
        return RateLimited("Alpha Vantage allows one request a second on a free key", 2.0)
    if "call frequency" in text:  # the legacy Note: 5 calls a minute
        return RateLimited("Alpha Vantage asks for at most 5 requests a minute", 12.0)
    if "detected your api key" in text or "standard api rate limit" in text or "requests per day" in text:
        return ProviderQuotaExhausted("Alpha Vantage's requests of the day are spent")
    if "premium" in text:
        return ProviderRefused(f"Alpha Vantage gives {symbol} to premium keys only")
    if "** api key" in text or "apikey is invalid or missing" in text:
        return KeyRefused("Alpha Vantage does not accept the key")
    if "invalid api call" in text:
        return ProviderRefused(f"Alpha Vantage does not know {symbol}", is_doubtful=True)
    if "does not exist" in text:
        return ProviderRefused(f"Alpha Vantage: {excerpt(said)}")
    if not body:
        return ResponseUnreadable(f"Alpha Vantage answered with an empty object for {symbol}")
    return ResponseUnreadable(f"Alpha Vantage's answer for {symbol} holds no data that we know")


def _bars(answer: Response, function: str, series: dict[str, object]) -> Iterator[ProviderRow]:
    symbol, interval = answer.request.symbol, _INTERVALS.get(function, "1d")
    rows: list[tuple[date, ProviderRow]] = []
    for key, value in series.items():
        at = _at(function, key)
        if at is None or not isinstance(value, dict):
            yield Unreadable(symbol, key, "not a row with a date")
            continue
        if isinstance(at, datetime) and is_open(at, LENGTHS[interval], answer):
            continue
        row = _named(value)
        bar = Bar(
            symbol=symbol,
            interval=interval,
            at=at,
            open=number(row.get("open")),
            high=number(row.get("high")),
            low=number(row.get("low")),
            close=number(row.get("close")),
            volume=number(row.get("volume")),
        )
        rows.append((at, bar))
    yield from in_order(symbol, rows)


def _at(function: str, key: str) -> date | None:
    """A session's date, the instant at which a candle opened, or None: the text means what its function says."""
    if function == "TIME_SERIES_INTRADAY":
        try:
            return datetime.strptime(key, "%Y-%m-%d %H:%M:%S").replace(tzinfo=NEW_YORK).astimezone(UTC)
        except (ValueError, OverflowError):
            return None
    at = day(key)
    return datetime.combine(at, time(), tzinfo=UTC) if at and function == "DIGITAL_CURRENCY_DAILY" else at


def _actions(symbol: str, function: str, events: list[object]) -> Iterator[ProviderRow]:
    kind, date_key, value_key = EVENTS[function]
    rows: list[tuple[datetime, ProviderRow]] = []
    for event in events:
        found = event if isinstance(event, dict) else {}
        ex_date, value = day(found.get(date_key)), number(found.get(value_key))
        if ex_date is None or value is None or value <= 0:
            yield Unreadable(symbol, str(found.get(date_key, "")), f"not a {kind} with a date and a value")
            continue
        at = datetime.combine(ex_date, time(), tzinfo=UTC)
        rows.append((at, Action(symbol, ex_date, kind, value)))
    yield from in_order(symbol, rows)


def _observations(series_id: str, data: list[object]) -> Iterator[ProviderRow]:
    rows: list[tuple[datetime, ProviderRow]] = []
    for item in data:
        found = item if isinstance(item, dict) else {}
        at, text = day(found.get("date")), found.get("value")
        value = number(text)
        if at is None or (value is None and text != "."):
            yield Unreadable(series_id, str(found.get("date", "")), "not a value with a date")
            continue
        rows.append((datetime.combine(at, time(), tzinfo=UTC), Observation(series_id, at, value)))
    yield from in_order(series_id, rows)
