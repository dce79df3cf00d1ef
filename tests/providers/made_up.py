"""Answers in the documented shapes with made-up values, for the tests of the parsers."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime

from etl.domain import DataRequest, Provider, Request, Response
from etl.providers import PROVIDERS

NOW = datetime(2025, 11, 1, 3, 43, tzinfo=UTC)
SINCE = datetime(2025, 10, 28, tzinfo=UTC)
ALPHA_VANTAGE, FRED, FRED_GRAPH = PROVIDERS["alpha_vantage"], PROVIDERS["fred"], PROVIDERS["fred_graph"]
BINANCE, YAHOO, TWELVE_DATA = PROVIDERS["binance"], PROVIDERS["yahoo"], PROVIDERS["twelve_data"]
FMP, ALPACA, FINNHUB, COINGECKO = (PROVIDERS[name] for name in ("fmp", "alpaca", "finnhub", "coingecko"))


def planned(provider: Provider, dataset: str, symbol: str, since: datetime | None = SINCE) -> Request:
    """The first request of a want."""
    return provider.plan(DataRequest(dataset, symbol, since), NOW)[0]


def answer(
    request: Request, body: object, status: int = 200, headers: Mapping[str, str] | None = None, at: datetime = NOW
) -> Response:
    """An answer to a request; a body that is not bytes is written as JSON."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Response(request, status, headers or {}, data, at, at, 1, "run-1")


def daily(*days: str, symbol: str = "SPY") -> dict[str, object]:
    """Alpha Vantage's TIME_SERIES_DAILY, newest first."""
    row = {"1. open": "10.0000", "2. high": "12.0000", "3. low": "9.5000", "4. close": "11.0000", "5. volume": "1234"}
    return {
        "Meta Data": {
            "1. Information": "Daily Prices (open, high, low, close) and Volumes",
            "2. Symbol": symbol,
            "3. Last Refreshed": max(days),
            "4. Output Size": "Compact",
            "5. Time Zone": "US/Eastern",
        },
        "Time Series (Daily)": {day: dict(row) for day in sorted(days, reverse=True)},
    }


def weekly(*days: str, symbol: str = "SPY") -> dict[str, object]:
    """Alpha Vantage's TIME_SERIES_WEEKLY."""
    body = daily(*days, symbol=symbol)
    return {"Meta Data": body["Meta Data"], "Weekly Time Series": body["Time Series (Daily)"]}


def five_minutes(*stamps: str, symbol: str = "SPY", zone: str = "US/Eastern") -> dict[str, object]:
    """Alpha Vantage's TIME_SERIES_INTRADAY of 5min, newest first; stamps are wall time in New York."""
    row = {"1. open": "10.0000", "2. high": "12.0000", "3. low": "9.5000", "4. close": "11.0000", "5. volume": "1234"}
    return {
        "Meta Data": {
            "1. Information": "Intraday (5min) open, high, low, close prices and volume",
            "2. Symbol": symbol,
            "3. Last Refreshed": max(stamps),
            "4. Interval": "5min",
            "5. Output Size": "Compact",
            "6. Time Zone": zone,
        },
        "Time Series (5min)": {stamp: dict(row) for stamp in sorted(stamps, reverse=True)},
    }


def coin_days(*days: str, coin: str = "BTC", market: str = "USD") -> dict[str, object]:
    """Alpha Vantage's DIGITAL_CURRENCY_DAILY."""
    row = {"1. open": "100.0", "2. high": "120.0", "3. low": "95.0", "4. close": "110.0", "5. volume": "7.5"}
    return {
        "Meta Data": {
            "1. Information": "Daily Prices and Volumes for Digital Currency",
            "2. Digital Currency Code": coin,
            "3. Digital Currency Name": "A coin",
            "4. Market Code": market,
            "5. Market Name": "United States Dollar",
            "6. Last Refreshed": f"{max(days)} 00:00:00",
            "7. Time Zone": "UTC",
        },
        "Time Series (Digital Currency Daily)": {day: dict(row) for day in sorted(days, reverse=True)},
    }


def observations(*values: tuple[str, str]) -> dict[str, object]:
    """FRED's series/observations."""
    rows = [{"realtime_start": "2025-10-31", "realtime_end": "2025-10-31", "date": d, "value": v} for d, v in values]
    return {
        "realtime_start": "2025-10-31",
        "realtime_end": "2025-10-31",
        "units": "lin",
        "count": len(rows),
        "offset": 0,
        "limit": 100000,
        "observations": rows,
    }


def description(series_id: str = "DGS10") -> dict[str, object]:
    """FRED's series."""
    row = {
        "id": series_id,
        "title": "A yield",
        "units": "Percent",
        "frequency_short": "D",
        "seasonal_adjustment_short": "NSA",
        "last_updated": "2025-10-31 15:19:01-05",
    }
    return {"realtime_start": "2025-10-31", "realtime_end": "2025-10-31", "seriess": [row]}


def candle(opened_at: datetime, minutes: int = 1440) -> list[object]:
    """One kline of Binance's, in milliseconds."""
    start = int(opened_at.timestamp() * 1000)
    prices = ["100.00000000", "120.00000000", "95.00000000", "110.00000000", "7.50000000"]
    return [start, *prices, start + minutes * 60_000 - 1, "800.00000000", 42, "3.00000000", "320.00000000", "0"]


def chart(
    symbol: str = "SPY", stamps: tuple[int, ...] = (1761744600, 1761831000, 1761917400), zone: str = "America/New_York"
) -> dict[str, object]:
    """Yahoo's chart: three sessions from 2025-10-29 on, a split and a dividend on the second."""
    n = len(stamps)
    quote = {name: [10.0 + i for i in range(n)] for name in ("open", "close")}
    quote |= {"high": [20.0] * n, "low": [5.0] * n, "volume": [1000] * n}
    result: dict[str, object] = {
        "meta": {"currency": "USD", "symbol": symbol, "exchangeTimezoneName": zone},
        "timestamp": list(stamps),
        "indicators": {"quote": [quote], "adjclose": [{"adjclose": [9.0 + i for i in range(n)]}]},
        "events": {
            "splits": {"1761831000": {"date": 1761831000, "numerator": 4, "denominator": 1, "splitRatio": "4:1"}},
            "dividends": {"1761831000": {"amount": 0.25, "date": 1761831000}},
        },
    }
    return {"chart": {"result": [result], "error": None}}


def values(*days: str, symbol: str = "SPY") -> dict[str, object]:
    """Twelve Data's time_series, newest first."""
    row = {"open": "10.0", "high": "12.0", "low": "9.5", "close": "11.0", "volume": "1234"}
    return {
        "meta": {
            "symbol": symbol,
            "interval": "1day",
            "currency": "USD",
            "exchange_timezone": "America/New_York",
            "exchange": "NYSE",
            "mic_code": "ARCX",
        },
        "values": [{"datetime": day, **row} for day in sorted(days, reverse=True)],
        "status": "ok",
    }


def fmp_days(*days: str, symbol: str = "SPY") -> list[dict[str, object]]:
    """FMP's historical-price-eod, newest first."""
    row = {"open": 10.0, "high": 12.0, "low": 9.5, "close": 11.0, "volume": 1234, "vwap": 10.8}
    return [{"symbol": symbol, "date": day, **row} for day in sorted(days, reverse=True)]


def alpaca_bars(*days: str, symbol: str = "SPY", token: str | None = None) -> dict[str, object]:
    """Alpaca's bars, oldest first, stamped with midnight in New York (summer)."""
    row = {"o": 10.0, "h": 12.0, "l": 9.5, "c": 11.0, "v": 1234, "n": 42, "vw": 10.8}
    return {"bars": {symbol: [{"t": f"{day}T04:00:00Z", **row} for day in sorted(days)]}, "next_page_token": token}


def last_price(price: float = 11.0, at: int = 1761940800) -> dict[str, object]:
    """Finnhub's quote, of Friday's close in New York."""
    return {"c": price, "d": 0.1, "dp": 0.9, "h": 12.0, "l": 9.5, "o": 10.0, "pc": 10.9, "t": at}


def midnights(*prices: float) -> dict[str, object]:
    """CoinGecko's market_chart: a price for each midnight from 2025-10-31 on."""
    points = [[1761868800000 + 86_400_000 * i, price] for i, price in enumerate(prices)]
    return {"prices": points, "market_caps": points, "total_volumes": points}
