"""
The demo's upstream: made-up answers to the GETs that `mfo` sends, in the providers' own wire formats, no network.

Alpha Vantage's compact daily series and Yahoo's chart v8 are here, FRED in `demo_fred`, Binance in `demo_binance`. The
figures come from `demo_markets`, `demo_crypto` and `demo_macro`: a function of the symbol and the instant, so that a
later answer extends an earlier one. Keys are not checked. Shapes follow recorded answers.
"""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from urllib.parse import parse_qsl, urlsplit
from zoneinfo import ZoneInfo

from etl.demo import crypto_exchange, macro_api, markets

_Query = Mapping[str, str]
Reply = tuple[int, dict[str, str], bytes]

_NEW_YORK = ZoneInfo("America/New_York")
_JSON = {"Content-Type": "application/json"}
_AV_BAD_CALL = (
    "Invalid API call. Please retry or visit the documentation "
    "(https://www.alphavantage.co/documentation/) for {function}."
)
_AV_FULL = (
    "Thank you for using Alpha Vantage! The outputsize=full parameter value is a premium feature for the "
    "TIME_SERIES_DAILY endpoint. You may subscribe to any of the premium plans at https://www.alphavantage.co/premium/ "
    "to instantly unlock all premium features"
)


def answer(url: str, now: datetime) -> Reply:
    """
    (status, headers, body) for a GET of a full URL on one of the public hosts, as of `now`.

    An address that the demo does not serve is answered 404, as the real host would.
    """
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    serve = _HOSTS.get(parts.netloc)
    status, headers, body = serve(parts.path, query, now) if serve else _not_found()
    return status, {"Date": format_datetime(now.astimezone(UTC), usegmt=True), **headers}, body


def _not_found() -> Reply:
    return 404, {"Content-Type": "text/html"}, b"<html><body>Error 404</body></html>"


def _compact(payload: object) -> bytes:
    return json.dumps(payload, separators=(",", ":")).encode()


def _alpha_vantage(path: str, query: _Query, now: datetime) -> Reply:
    """TIME_SERIES_DAILY compact: the last 100 sessions, newest first; every refusal is a 200."""
    function, symbol = query.get("function", ""), query.get("symbol", "").upper()
    if path != "/query":
        return _not_found()
    if function != "TIME_SERIES_DAILY":
        return 200, _JSON, _indented({"Error Message": f"This API function ({function}) does not exist."})
    if query.get("outputsize") == "full":
        return 200, _JSON, _indented({"Information": _AV_FULL})
    if symbol not in markets.INSTRUMENTS:
        return 200, _JSON, _indented({"Error Message": _AV_BAD_CALL.format(function=function)})
    days = markets.days(symbol, now)
    columns = zip(days.sessions, days.open, days.high, days.low, days.close, days.volume, strict=True)
    rows = {
        session.trade_date.isoformat(): {
            "1. open": f"{opened:.4f}",
            "2. high": f"{high:.4f}",
            "3. low": f"{low:.4f}",
            "4. close": f"{close:.4f}",
            "5. volume": f"{volume:.0f}",
        }
        for session, opened, high, low, close, volume in list(columns)[:-101:-1]
    }
    meta = {
        "1. Information": "Daily Prices (open, high, low, close) and Volumes",
        "2. Symbol": symbol,
        "3. Last Refreshed": next(iter(rows)),
        "4. Output Size": "Compact",
        "5. Time Zone": "US/Eastern",
    }
    return 200, _JSON, _indented({"Meta Data": meta, "Time Series (Daily)": rows})


def _indented(payload: object) -> bytes:
    return json.dumps(payload, indent=4).encode()


def _yahoo(path: str, query: _Query, now: datetime) -> Reply:
    """Chart v8 by the day: parallel arrays, dividends among the events, adjusted closes beside."""
    symbol = path.removeprefix("/v8/finance/chart/")
    if symbol not in markets.INSTRUMENTS:
        error = {"code": "Not Found", "description": "No data found, symbol may be delisted"}
        return 404, _JSON, _compact({"chart": {"result": None, "error": error}})
    days = markets.days(symbol, now)
    first, last = int(query.get("period1", 0)), int(query.get("period2", now.timestamp()))
    opened = [int(session.opened_at.timestamp()) for session in days.sessions]
    at = [place for place, instant in enumerate(opened) if first <= instant <= last]
    meta = _yahoo_meta(symbol, opened[0], float(days.close[-1]), now)
    if not at:
        return (
            200,
            _JSON,
            _compact({"chart": {"result": [{"meta": meta, "indicators": {"quote": [{}]}}], "error": None}}),
        )
    cut = slice(at[0], at[-1] + 1)
    quote: dict[str, list[float]] = {
        name: getattr(days, name)[cut].tolist() for name in ("open", "high", "low", "close")
    }
    volume = days.volume[cut].astype(int).tolist()
    paid = {
        str(opened[place]): {"amount": float(days.dividend[place]), "date": opened[place]}
        for place in at
        if days.dividend[place] > 0
    }
    result = {
        "meta": meta,
        "timestamp": opened[cut],
        **({"events": {"dividends": paid}} if paid and "div" in query.get("events", "div") else {}),
        "indicators": {
            "quote": [{**quote, "volume": volume}],
            "adjclose": [{"adjclose": days.adj_close[cut].tolist()}],
        },
    }
    return 200, _JSON, _compact({"chart": {"result": [result], "error": None}})


def _yahoo_meta(symbol: str, listed: int, price: float, now: datetime) -> dict[str, object]:
    offset = now.astimezone(_NEW_YORK).utcoffset() or timedelta()
    is_stock = symbol in ("AAPL", "AMZN", "GOOGL", "JPM", "MSFT", "NVDA")
    return {
        "currency": "USD",
        "symbol": symbol,
        "exchangeName": "NMS" if is_stock else "PCX",
        "instrumentType": "EQUITY" if is_stock else "ETF",
        "firstTradeDate": listed,
        "regularMarketPrice": price,
        "gmtoffset": int(offset.total_seconds()),
        "exchangeTimezoneName": "America/New_York",
        "dataGranularity": "1d",
        "range": "",
    }


_HOSTS: dict[str, Callable[[str, _Query, datetime], Reply]] = {
    "www.alphavantage.co": _alpha_vantage,
    "query2.finance.yahoo.com": _yahoo,
    "api.stlouisfed.org": macro_api.api,
    "fred.stlouisfed.org": macro_api.graph,
    "data-api.binance.vision": crypto_exchange.api,
    "data.binance.vision": crypto_exchange.archive,
}
