"""Providers that the demo does not serve: their documented shapes, filled with the demo's made-up days."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from urllib.parse import parse_qsl, urlsplit
from zoneinfo import ZoneInfo

from etl.demo import markets
from etl.market.sessions import last_closed
from etl.providers.coingecko import COINS
from tests.extract.workbench import Reply

PRICES = ("open", "high", "low", "close")
NEW_YORK = ZoneInfo("America/New_York")
PAGE = 25  # so that Alpaca's answer has two


def rows_of(symbol: str, now: datetime, first: date | None = None) -> list[dict[str, object]]:
    """A symbol's made-up sessions up to the last that is final, oldest first."""
    days = markets.days(symbol, now)
    columns = zip(days.sessions, days.open, days.high, days.low, days.close, days.volume, strict=True)
    return [
        {"date": session.trade_date, "volume": float(volume)} | dict(zip(PRICES, map(float, prices), strict=True))
        for session, *prices, volume in columns
        if (first is None or session.trade_date >= first) and session.ready_at <= now
    ]


def asked(url: str) -> dict[str, str]:
    """The query."""
    return dict(parse_qsl(urlsplit(url).query))


def said(value: object) -> Reply:
    """JSON."""
    return 200, {}, json.dumps(value).encode()


def twelve_data(url: str, now: datetime) -> Reply:
    """Strings, newest first."""
    query = asked(url)
    rows = [
        {"datetime": row["date"].isoformat(), "volume": f"{row['volume']:.0f}"}
        | {name: f"{row[name]:.5f}" for name in PRICES}
        for row in rows_of(query["symbol"], now)[-int(query["outputsize"]) :][::-1]
    ]
    meta = {"symbol": query["symbol"], "interval": "1day", "currency": "USD", "exchange_timezone": "America/New_York"}
    return said({"meta": meta, "values": rows, "status": "ok"})


def fmp(url: str, now: datetime) -> Reply:
    """A bare list, newest first."""
    query = asked(url)
    rows = rows_of(query["symbol"], now, date.fromisoformat(query["from"]))
    more = {"symbol": query["symbol"], "change": 0.0, "changePercent": 0.0}
    return said([{**row, "date": row["date"].isoformat(), **more} for row in rows[::-1]])


def alpaca(url: str, now: datetime) -> Reply:
    """Under its symbol, oldest first, a page of 25 and the rest."""
    query = asked(url)
    rows = rows_of(query["symbols"], now, date.fromisoformat(query["start"]))
    is_first = "page_token" not in query
    bars = [
        {"t": datetime.combine(row["date"], time(), NEW_YORK).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"), "n": 7}
        | {name[0]: row[name] for name in (*PRICES, "volume")}
        for row in (rows[:PAGE] if is_first else rows[PAGE:])
    ]
    return said({"bars": {query["symbols"]: bars}, "next_page_token": "U1BZfEQ=" if is_first else None})


def finnhub(url: str, now: datetime) -> Reply:
    """The close of the last session, at its close."""
    before, last = rows_of(asked(url)["symbol"], now)[-2:]
    at = int(last_closed(now).closed_at.timestamp())
    return said({"c": last["close"], "d": 0.0, "dp": 0.0, "h": 0.0, "l": 0.0, "o": 0.0, "pc": before["close"], "t": at})


def coingecko(url: str, now: datetime) -> Reply:
    """Two midnights and now, in milliseconds."""
    coin = urlsplit(url).path.split("/")[-2]
    base = 1000.0 * len([symbol for symbol, name in COINS.items() if name == coin])
    midnight = datetime.combine(now.date(), time(), UTC)
    instants = (midnight - timedelta(days=1), midnight, now)
    points = [[int(at.timestamp() * 1000), base + step] for step, at in enumerate(instants)]
    return said({"prices": points, "market_caps": points, "total_volumes": points})


SHAPES: dict[str, Callable[[str, datetime], Reply]] = {
    "api.twelvedata.com": twelve_data,
    "financialmodelingprep.com": fmp,
    "data.alpaca.markets": alpaca,
    "finnhub.io": finnhub,
    "api.coingecko.com": coingecko,
}
