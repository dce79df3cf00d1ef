"""
Binance's wire formats for the demo: time, klines of any interval, depth, the archive's zips.

The demo keeps no state, so its weight header counts the answer's own weight only.
"""

import hashlib
import json
import math
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from io import BytesIO
from typing import Any

import numpy as np

from etl.demo.markets import market_after
from etl.demo.noise import Floats, Integers, Shape, seed_of, shares, walk

_DAY = 1440
MINUTES_A_YEAR = 365 * _DAY
_REFERENCE = int(datetime(2025, 7, 1, tzinfo=UTC).timestamp()) // 60
INTERVAL_MINUTES = {
    "1m": 1, "3m": 3, "5m": 5, "15m": 15, "30m": 30, "1h": 60, "2h": 120, "4h": 240, "6h": 360, "8h": 480, "12h": 720,
    "1d": _DAY, "3d": 3 * _DAY, "1w": 7 * _DAY,
}  # fmt: skip
_MONDAY = 4 * _DAY  # weeks open on Mondays; 1970-01-01 was a Thursday
_SPELL = 240  # minutes in which one side is a little keener than the other
_CHUNK = 60_000  # minutes made at once: what fits a processor's cache
_SHARED = Shape(top=24, stress=(10, 16))  # wild and calm spells of 17 hours to 45 days
_OWN = Shape(top=24)


@dataclass(frozen=True, slots=True)
class Pair:
    """
    One made-up pair: price in USDT at the reference, growth a year, yearly volatilities, base units a day.

    `own`, `crypto` and `market` are volatilities: its own, of the factor that all pairs share, of the equities' market.
    """

    level: float
    growth: float
    own: float
    crypto: float
    market: float
    volume: float
    ticket: float  # USDT of a usual trade
    decimals: int
    listed: date


PAIRS = {
    "BTCUSDT": Pair(90_000, 0.22, 0.12, 0.30, 0.18, 21_000, 620, 2, date(2017, 8, 17)),
    "ETHUSDT": Pair(3_100, 0.18, 0.30, 0.36, 0.20, 420_000, 480, 2, date(2017, 8, 17)),
    "BNBUSDT": Pair(780, 0.24, 0.28, 0.26, 0.14, 210_000, 330, 2, date(2017, 11, 6)),
    "SOLUSDT": Pair(155, 0.25, 0.42, 0.40, 0.22, 3_600_000, 300, 2, date(2020, 8, 11)),
}


@dataclass(frozen=True, slots=True)
class Candles:
    """Candles as arrays of one length, oldest first; `opened` in minutes since 1970, prices in USDT."""

    opened: Integers
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats
    quote_volume: Floats
    trades: Floats
    taker_volume: Floats
    taker_quote_volume: Floats


def opens(interval: str, first: float, last: float) -> Integers:
    """The opening minutes of the interval's candles from `first` to `last`, both inclusive."""
    step = INTERVAL_MINUTES[interval]
    shift = _MONDAY if interval == "1w" else 0
    low, high = -(-(first - shift) // step), (last - shift) // step
    return np.arange(int(low), int(high) + 1) * step + shift


def listed_at(symbol: str) -> int:
    """The pair's first minute."""
    return (PAIRS[symbol].listed - date(1970, 1, 1)).days * _DAY


def candles(symbol: str, opened: Integers, step: int, now: float) -> Candles:
    """The candles that opened at `opened`, `step` minutes long, as seen at the minute `now` (a fraction counts)."""
    size = max(1, _CHUNK // step)
    parts = [_rolled_up(symbol, opened[at : at + size], step, now) for at in range(0, len(opened), size)]
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
    return Candles(opened, *columns)


def _rolled_up(symbol: str, opened: Integers, step: int, now: float) -> list[Floats]:
    first, last = int(opened[0]), min(int(opened[-1]) + step - 1, math.ceil(now) - 1)
    starts = opened - first
    open_, high, low, close, *sums = _minutes(symbol, first, last, now)
    ends = np.append(starts[1:], len(close)) - 1
    prices = (open_[starts], np.maximum.reduceat(high, starts), np.minimum.reduceat(low, starts), close[ends])
    totals = (np.add.reduceat(column, starts) for column in sums)
    return [np.round(price, PAIRS[symbol].decimals) for price in prices] + [np.round(total, 5) for total in totals]


def _minutes(symbol: str, first: int, last: int, now: float) -> list[Floats]:
    """
    The columns of Candles for the minutes first..last, not rounded; the last one is cut at `now` where it is running.

    Volume follows the spell's stress and the size of the move; buyers take more of it when the price rises.
    """
    pair = PAIRS[symbol]
    price, stress = _prices(symbol, first, last + 1)
    minute = np.arange(first, last + 1)
    up, down, size, taste = shares(seed_of(f"demo bars {symbol}"), minute)
    lively, tilt, _, _ = shares(seed_of(f"demo hours {symbol}"), np.arange(first // _SPELL, last // _SPELL + 1))
    spell = minute // _SPELL - first // _SPELL
    open_, close = price[:-1], price[1:].copy()
    seen = min(1.0, now - last)
    close[-1] = open_[-1] + seen * (close[-1] - open_[-1])
    wild = np.exp(stress[:-1])
    usual = math.hypot(pair.own, pair.crypto, pair.market) / math.sqrt(MINUTES_A_YEAR)
    move = (close - open_) / open_ / usual
    far = np.abs(move)
    reach = 0.6 * usual * wild
    reach[-1] *= seen
    high = np.maximum(open_, close) * (1 + reach * up)
    low = np.minimum(open_, close) * (1 - reach * down)
    volume = pair.volume / _DAY * wild * (0.5 + 0.7 * far) * (0.2 + size) * (0.6 + lively)[spell]
    volume[-1] *= seen
    quote = volume * (open_ + close) / 2
    taken = 0.5 + 0.14 * move / (1 + far) + 0.25 * (taste - 0.5) + (0.06 * (tilt - 0.5))[spell]
    trades = np.ceil(quote * (0.6 + 0.8 * taste) / pair.ticket)
    return [open_, high, low, close, volume, quote, trades, volume * taken, quote * taken]


def _prices(symbol: str, first: int, last: int) -> tuple[Floats, Floats]:
    """Price and stress at the starts of the minutes first..last."""
    log_price, stress = _log_prices(symbol, first, last)
    return PAIRS[symbol].level * np.exp(log_price - _log_price_at_reference(symbol)), stress


@cache
def _log_price_at_reference(symbol: str) -> float:
    return float(_log_prices(symbol, _REFERENCE, _REFERENCE)[0][0])


def _log_prices(symbol: str, first: int, last: int) -> tuple[Floats, Floats]:
    pair = PAIRS[symbol]
    shared, stress = walk(seed_of("demo crypto"), first, last, _SHARED)
    own, _ = walk(seed_of(f"demo {symbol}"), first, last, _OWN)
    log_price = (pair.crypto * shared + pair.own * own) / np.sqrt(MINUTES_A_YEAR)
    log_price += pair.growth * np.arange(first, last + 1) / MINUTES_A_YEAR
    log_price += pair.market * _market(first, last)
    return log_price, stress


def _market(first: int, last: int) -> Floats:
    """The equities' market factor at the minutes first..last, spread evenly over each UTC day."""
    days = np.arange(first // _DAY, last // _DAY + 2)
    year = (date(1970, 1, 1) + timedelta(days=last // _DAY)).year
    dates, after = market_after(year)
    spread: Floats = np.interp(np.arange(first, last + 1), days * _DAY, after[np.searchsorted(dates, days)])
    return spread


def book(symbol: str, now: float, levels: int) -> tuple[list[tuple[float, float]], list[tuple[float, float]]]:
    """Bids and asks of (price, quantity) from the best outwards: dense near the middle, 1.5 % of the price deep."""
    pair = PAIRS[symbol]
    minute = int(now)
    price, _ = _prices(symbol, minute, minute + 1)
    middle = float(price[0] + (now - minute) * (price[1] - price[0]))
    tick = 10.0**-pair.decimals
    sides = []
    for name, sign in (("bids", -1.0), ("asks", 1.0)):
        near, gap, size, lot = shares(seed_of(f"demo {name} {symbol} {minute}"), np.arange(levels))
        reach = 0.015 * middle * ((np.arange(levels) + 0.5 * gap) / levels) ** 1.6
        ticks = np.maximum.accumulate(np.ceil(reach / tick)) + np.arange(1, levels + 1)  # no price twice
        best = np.floor(middle / tick) if sign < 0 else np.ceil(middle / tick)
        prices = np.round((best + sign * ticks) * tick, pair.decimals)
        lots = (
            pair.volume
            / _DAY
            * 0.08
            * (0.05 + 3 * size**3 + 0.5 * lot)
            * (0.6 + 0.8 * near)
            * (1 + 4 * reach / (0.015 * middle))
        )
        sides.append(list(zip(prices.tolist(), np.round(lots, 5).tolist(), strict=True)))
    return sides[0], sides[1]


_Query = Mapping[str, str]
_Reply = tuple[int, dict[str, str], bytes]

_ARCHIVE = re.compile(
    r"/data/spot/(?:monthly|daily)/klines/(\w+)/(\w+)/\1-\2-(\d{4})-(\d\d)(?:-(\d\d))?\.zip(?:\.CHECKSUM)?"
)
_MINUTE_MS = 60_000
_DEPTH_WEIGHTS = ((100, 5), (500, 25), (1000, 50), (5000, 250))


def api(path: str, query: _Query, now: datetime) -> _Reply:
    """One GET below /api/v3; a wrong parameter is a 400 with Binance's code."""
    name = path.removeprefix("/api/v3/")
    if name == "ping":
        return _reply(200, {}, 1)
    if name == "time":
        return _reply(200, {"serverTime": int(now.timestamp() * 1000)}, 1)
    if name not in ("klines", "depth"):
        return 404, {"Content-Type": "text/html"}, b""
    symbol = query.get("symbol", "")
    if not symbol:
        return _refusal(-1102, "Mandatory parameter 'symbol' was not sent, was empty/null, or malformed.")
    if not re.fullmatch(r"[A-Z0-9\-_.]{1,20}", symbol):
        return _refusal(-1100, "Illegal characters found in parameter 'symbol'; legal range is '^[A-Z0-9-_.]{1,20}$'.")
    if symbol not in PAIRS:
        return _refusal(-1121, "Invalid symbol.")
    return _klines(symbol, query, now) if name == "klines" else _depth(symbol, query, now)


def _reply(status: int, payload: object, weight: int) -> _Reply:
    headers = {"Content-Type": "application/json;charset=UTF-8", "X-MBX-USED-WEIGHT-1M": str(weight)}
    return status, headers, json.dumps(payload, separators=(",", ":")).encode()


def _refusal(code: int, text: str) -> _Reply:
    return _reply(400, {"code": code, "msg": text}, 1)


def _klines(symbol: str, query: _Query, now: datetime) -> _Reply:
    """Arrays of 12, oldest first: from startTime on, else the newest up to endTime; the last may be in progress."""
    interval = query.get("interval", "")
    if interval not in INTERVAL_MINUTES:
        return _refusal(-1120, "Invalid interval.")
    step = INTERVAL_MINUTES[interval]
    limit = max(1, min(int(query.get("limit") or 500), 1000))
    present = now.timestamp() / 60
    first = max(listed_at(symbol), int(query.get("startTime") or 0) / _MINUTE_MS)
    last = min(present - 1e-6, int(query.get("endTime") or 2**53) / _MINUTE_MS)
    if "startTime" not in query:
        first = max(first, last - limit * step)
    opened = opens(interval, first, last)
    opened = opened[:limit] if "startTime" in query else opened[-limit:]
    if not len(opened):
        return _reply(200, [], 2)
    return _reply(200, _rows(symbol, opened, step, present), 2)


def _rows(symbol: str, opened: Any, step: int, present: float) -> list[list[Any]]:
    """Candles as the wire has them."""
    made = candles(symbol, opened, step, present)
    decimals = (made.open, made.high, made.low, made.close, made.volume, made.quote_volume, made.taker_volume)
    texts = [[f"{value:.8f}" for value in column.tolist()] for column in (*decimals, made.taker_quote_volume)]
    return [
        [start, *prices, volume, start + step * _MINUTE_MS - 1, quote, trades, taken, taken_quote, "0"]
        for start, *prices, volume, quote, taken, taken_quote, trades in zip(
            (made.opened * _MINUTE_MS).tolist(), *texts, made.trades.astype(int).tolist(), strict=True
        )
    ]


def archive(path: str, _query: _Query, now: datetime) -> _Reply:
    """One zip of the archive, or its CHECKSUM; a day is out on the next day, a month on the 5th of the next."""
    match = _ARCHIVE.fullmatch(path)
    if match is None or match[1] not in PAIRS or match[2] not in INTERVAL_MINUTES:
        return 404, {"Content-Type": "application/xml"}, b"<Error><Code>NoSuchKey</Code></Error>"
    symbol, interval, is_month = match[1], match[2], match[5] is None
    first = datetime(int(match[3]), int(match[4]), int(match[5] or 1), tzinfo=UTC)
    last = (first.replace(day=28) + timedelta(days=4)).replace(day=1) if is_month else first + timedelta(days=1)
    opened = opens(interval, first.timestamp() / 60, last.timestamp() / 60 - 1e-6)
    opened = opened[opened >= listed_at(symbol)]
    if now < last + timedelta(days=4 * is_month) or not len(opened):
        return 404, {"Content-Type": "application/xml"}, b"<Error><Code>NoSuchKey</Code></Error>"
    scale = 1000 if first.year >= 2025 else 1  # microseconds from 2025 on
    lines = [
        ",".join(map(str, [row[0] * scale, *row[1:6], row[6] * scale + scale - 1, *row[7:]]))
        for row in _rows(symbol, opened, INTERVAL_MINUTES[interval], now.timestamp() / 60)
    ]
    name, packed = path.rsplit("/", 1)[-1].removesuffix(".CHECKSUM").removesuffix(".zip"), BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        member = zipfile.ZipInfo(f"{name}.csv", (2025, 1, 1, 0, 0, 0))
        member.compress_type = zipfile.ZIP_DEFLATED
        file.writestr(member, "\n".join([*lines, ""]))
    if path.endswith(".CHECKSUM"):
        line = f"{hashlib.sha256(packed.getvalue()).hexdigest()}  {name}.zip\n"
        return 200, {"Content-Type": "text/plain"}, line.encode()
    return 200, {"Content-Type": "application/zip"}, packed.getvalue()


def _depth(symbol: str, query: _Query, now: datetime) -> _Reply:
    levels = max(1, min(int(query.get("limit") or 100), 5000))
    bids, asks = book(symbol, now.timestamp() / 60, levels)
    weight = next(weight for most, weight in _DEPTH_WEIGHTS if levels <= most)
    payload = {
        "lastUpdateId": int(now.timestamp() * 1000),
        "bids": [[f"{price:.8f}", f"{quantity:.8f}"] for price, quantity in bids],
        "asks": [[f"{price:.8f}", f"{quantity:.8f}"] for price, quantity in asks],
    }
    return _reply(200, payload, weight)
