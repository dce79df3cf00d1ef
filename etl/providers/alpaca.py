"""
Alpaca: equity bars as traded, of a day or of five minutes, of all US exchanges; 200 calls a minute on free keys.

Shape: `GET /v2/stocks/bars?symbols=SPY&timeframe=1Day&start&end&adjustment=raw&limit=10000` -> `{"bars": {"SPY": [{"t":
"2025-10-31T04:00:00Z", "o", "h", "l", "c", "v", "n", "vw"}]}, "next_page_token": null}`, oldest first; `t` is midnight
in New York, or when five minutes (`5Min`, also outside of the sessions) began. A page may end early; its token is the
request for the next.

Quirks: no `feed` is sent, because that of all exchanges is free up to 15 minutes ago (`feed=iex` is 2.5 % of the
volume), and `end` stays behind that: the newer part is a 403. A refused pair of keys is a 401, or a 403 "forbidden".
A share class is BRK.B.

https://docs.alpaca.markets/reference/stockbars
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from etl.domain import (
    EQUITY_DAILY,
    EQUITY_HISTORY,
    EQUITY_INTRADAY,
    Bar,
    Credential,
    DataRequest,
    Limits,
    Provider,
    ProviderRow,
    Request,
    Response,
    Terms,
)
from etl.errors import KeyRefused, ProviderRefused, ResponseUnreadable
from etl.providers.parsing import (
    bars,
    document,
    elements,
    is_listed_abroad,
    members,
    refusal_in,
    refuse_status,
    share_class,
)

FREE_AFTER = timedelta(minutes=16)  # what is younger than a quarter of an hour is paid for
_RECENT = timedelta(days=140)
SECOND, FIVE_MINUTES = timedelta(seconds=1), timedelta(minutes=5)
_NEW_YORK = ZoneInfo("America/New_York")
_NAMES = {"at": "t", "open": "o", "high": "h", "low": "l", "close": "c", "volume": "v", "trades": "n"}


class Alpaca(Provider):
    """Alpaca's historical stock bars."""

    name = "alpaca"
    title = "Alpaca"
    base_url = "https://data.alpaca.markets"
    credential = Credential(
        "ALPACA_API_KEY",
        "header",
        "APCA-API-KEY-ID",
        beside=(Credential("ALPACA_SECRET_KEY", "header", "APCA-API-SECRET-KEY"),),
    )
    limits = Limits(per_minute=200, spacing_s=0.05)
    terms = Terms(
        "Alpaca's market data is for the account holder's own use; it may not be redistributed.",
        "https://alpaca.markets/disclosures",
        publishable=False,
    )
    datasets = (EQUITY_DAILY, EQUITY_HISTORY, EQUITY_INTRADAY)

    def plan(self, want: DataRequest, now: datetime) -> list[Request]:
        """One request, from `since` up to `until` or 16 minutes ago, and pages by `more`; none of a listing abroad."""
        if want.dataset not in self.datasets or is_listed_abroad(want.symbol):
            return []
        last = min(now - FREE_AFTER, want.until - SECOND if want.until else now)
        params = (
            ("symbols", share_class(want.symbol, ".")),
            ("timeframe", "5Min" if want.dataset == EQUITY_INTRADAY else "1Day"),
            ("start", (want.since or now - _RECENT).astimezone(UTC).date().isoformat()),
            ("end", last.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")),
            ("adjustment", "raw"),
            ("limit", "10000"),
            ("sort", "asc"),
        )
        return [Request(self.name, want.dataset, want.symbol, "/v2/stocks/bars", params)]

    def more(self, answer: Response) -> Request | None:
        """The same request with the page's token; None where there is none, or it is the one that was sent."""
        token = members(document(answer, self.title), "Alpaca's answer").get("next_page_token")
        request = answer.request
        sent = tuple((name, value) for name, value in request.params if name != "page_token")
        if not isinstance(token, str) or not token or ("page_token", token) in request.params:
            return None
        return Request(self.name, request.dataset, request.symbol, request.path, (*sent, ("page_token", token)))

    def inspect(self, answer: Response) -> None:
        """
        Return where the body holds bars of the symbol that was asked for.

        Raises:
            RateLimited: the minute's 200 calls are spent.
            KeyRefused: the pair of keys is not accepted.
            ProviderRefused: the span or symbol is not for this account, or has no row.
            ProviderDown: 5xx.
            ResponseUnreadable: anything else that is not data.
        """
        symbol = answer.request.symbol
        if answer.status == 403:
            said = refusal_in(answer, "message")
            if not said or "forbidden" in said.lower():
                raise KeyRefused("Alpaca does not accept the keys")
            raise ProviderRefused(f"Alpaca refused {symbol}: {said}")
        refuse_status(
            answer,
            self.title,
            keyed=True,
            said=refusal_in(answer, "message") if answer.status in (400, 404, 422) else "",
        )
        body = members(document(answer, self.title), "Alpaca's answer")
        by_symbol = members(body.get("bars"), "Alpaca's bars")
        asked = dict(answer.request.params)
        if any(name != asked["symbols"] for name in by_symbol):
            raise ResponseUnreadable(f"Alpaca answered for another symbol than {symbol}")
        rows = by_symbol.get(asked["symbols"])
        if rows is not None:
            elements(rows, "Alpaca's bars")
        if not rows and not body.get("next_page_token") and "page_token" not in asked:
            raise ProviderRefused(f"Alpaca has no row of {symbol} in that span")

    def parse(self, answer: Response) -> Iterator[ProviderRow]:
        """Bars as traded, one a session or one for five minutes; those that had not ended at `end` are left out."""
        symbol, asked = answer.request.symbol, dict(answer.request.params)
        body = members(members(document(answer, self.title), "Alpaca's answer").get("bars"), "Alpaca's bars")
        items = elements(body.get(asked["symbols"]) or [], "Alpaca's bars")
        if asked.get("timeframe") != "5Min":
            yield from bars(symbol, items, _NAMES, at_of=_session)
            return
        end = _instant(asked.get("end"))
        found = bars(symbol, items, _NAMES, at_of=_instant, interval="5m")
        yield from (row for row in found if not isinstance(row, Bar) or _had_ended(row, end))


def _instant(value: object) -> datetime | None:
    """An RFC 3339 instant in UTC; None for anything else."""
    try:
        instant = datetime.fromisoformat(value) if isinstance(value, str) else None
        return instant.astimezone(UTC) if instant is not None and instant.tzinfo else None
    except (ValueError, OverflowError):
        return None


def _session(value: object) -> date | None:
    """The day in New York of an RFC 3339 instant; None for anything else."""
    instant = _instant(value)
    try:
        return instant.astimezone(_NEW_YORK).date() if instant else None
    except OverflowError:
        return None


def _had_ended(bar: Bar, end: datetime | None) -> bool:
    return end is None or not isinstance(bar.at, datetime) or bar.at + FIVE_MINUTES <= end
