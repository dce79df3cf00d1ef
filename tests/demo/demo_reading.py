"""How the tests read the demo's upstream: with the real providers."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from etl.config.schema import Universe
from etl.demo.upstream import answer
from etl.domain import EQUITY_HISTORY, MACRO, Bar, DataRequest, Observation, ProviderRow, Request, Response
from etl.providers import PROVIDERS

NOW = datetime(2026, 3, 4, 17, 20, 30, tzinfo=UTC)  # a Wednesday, in the middle of a session
LATER = NOW + timedelta(days=9, hours=5)
UNIVERSE = Universe()
EQUITIES = [symbol for symbol in UNIVERSE.symbols() if not UNIVERSE.is_crypto(symbol)]
PAIRS = [symbol for symbol in UNIVERSE.symbols() if UNIVERSE.is_crypto(symbol)]


def fetched(request: Request, now: datetime = NOW) -> Response:
    """The demo's answer to a planned request, as extraction keeps it."""
    provider = PROVIDERS[request.provider]
    status, headers, body = answer(f"{provider.base_url}{request.path}?{urlencode(request.params)}", now)
    small = {name.lower(): value for name, value in headers.items()}
    return Response(request, status, small, body, now, now, 1, "test")


def rows_of(source: str, want: DataRequest, now: datetime = NOW) -> list[ProviderRow]:
    """All rows of a want, read by the real provider."""
    provider = PROVIDERS[source]
    found: list[ProviderRow] = []
    for request in provider.plan(want, now):
        reply = fetched(request, now)
        provider.inspect(reply)
        found += provider.parse(reply)
    return found


def bars_of(source: str, want: DataRequest, now: datetime = NOW) -> list[Bar]:
    """The bars among them."""
    return [row for row in rows_of(source, want, now) if isinstance(row, Bar)]


def klines(symbol: str, interval: str, now: datetime = NOW, **params: Any) -> list[list[Any]]:
    """The body of one klines call."""
    query = urlencode({"symbol": symbol, "interval": interval, **params})
    return list(json.loads(answer(f"https://data-api.binance.vision/api/v3/klines?{query}", now)[2]))


def observations(series_id: str, now: datetime = NOW) -> dict[date, float]:
    """The values of a series that are out, missing ones left out."""
    rows = rows_of("fred", DataRequest(MACRO, series_id), now)
    return {row.date: row.value for row in rows if isinstance(row, Observation) and row.value is not None}


def yahoo_bars(symbol: str, now: datetime = NOW) -> list[Bar]:
    """Every session of an equity since 2015, as Yahoo gives them."""
    return bars_of("yahoo", DataRequest(EQUITY_HISTORY, symbol, datetime(2015, 1, 1, tzinfo=UTC)), now)
