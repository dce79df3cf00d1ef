"""
Binance's wire formats for the demo: time, klines of any interval, depth, the archive's zips.

The demo keeps no state, so its weight header counts the answer's own weight only.
"""

import hashlib
import json
import re
import zipfile
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

from etl.stores import demo_crypto
from etl.stores.demo_crypto import INTERVAL_MINUTES, PAIRS

Query = Mapping[str, str]
Reply = tuple[int, dict[str, str], bytes]

_ARCHIVE = re.compile(
    r"/data/spot/(?:monthly|daily)/klines/(\w+)/(\w+)/\1-\2-(\d{4})-(\d\d)(?:-(\d\d))?\.zip(?:\.CHECKSUM)?"
)
_MINUTE_MS = 60_000
_DEPTH_WEIGHTS = ((100, 5), (500, 25), (1000, 50), (5000, 250))


def api(path: str, query: Query, now: datetime) -> Reply:
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


def _reply(status: int, payload: object, weight: int) -> Reply:
    headers = {"Content-Type": "application/json;charset=UTF-8", "X-MBX-USED-WEIGHT-1M": str(weight)}
    return status, headers, json.dumps(payload, separators=(",", ":")).encode()


def _refusal(code: int, text: str) -> Reply:
    return _reply(400, {"code": code, "msg": text}, 1)


def _klines(symbol: str, query: Query, now: datetime) -> Reply:
    """Arrays of 12, oldest first: from startTime on, else the newest up to endTime; the last may be in progress."""
    interval = query.get("interval", "")
    if interval not in INTERVAL_MINUTES:
        return _refusal(-1120, "Invalid interval.")
    step = INTERVAL_MINUTES[interval]
    limit = max(1, min(int(query.get("limit") or 500), 1000))
    present = now.timestamp() / 60
    first = max(demo_crypto.listed_at(symbol), int(query.get("startTime") or 0) / _MINUTE_MS)
    last = min(present - 1e-6, int(query.get("endTime") or 2**53) / _MINUTE_MS)
    if "startTime" not in query:
        first = max(first, last - limit * step)
    opened = demo_crypto.opens(interval, first, last)
    opened = opened[:limit] if "startTime" in query else opened[-limit:]
    if not len(opened):
        return _reply(200, [], 2)
    return _reply(200, _rows(symbol, opened, step, present), 2)


def _rows(symbol: str, opened: Any, step: int, present: float) -> list[list[Any]]:
    """Candles as the wire has them."""
    made = demo_crypto.candles(symbol, opened, step, present)
    decimals = (made.open, made.high, made.low, made.close, made.volume, made.quote_volume, made.taker_volume)
    texts = [[f"{value:.8f}" for value in column.tolist()] for column in (*decimals, made.taker_quote_volume)]
    return [
        [start, *prices, volume, start + step * _MINUTE_MS - 1, quote, trades, taken, taken_quote, "0"]
        for start, *prices, volume, quote, taken, taken_quote, trades in zip(
            (made.opened * _MINUTE_MS).tolist(), *texts, made.trades.astype(int).tolist(), strict=True
        )
    ]


def archive(path: str, _query: Query, now: datetime) -> Reply:
    """One zip of the archive, or its CHECKSUM; a day is out on the next day, a month on the 5th of the next."""
    match = _ARCHIVE.fullmatch(path)
    if match is None or match[1] not in PAIRS or match[2] not in INTERVAL_MINUTES:
        return 404, {"Content-Type": "application/xml"}, b"<Error><Code>NoSuchKey</Code></Error>"
    symbol, interval, is_month = match[1], match[2], match[5] is None
    first = datetime(int(match[3]), int(match[4]), int(match[5] or 1), tzinfo=UTC)
    last = (first.replace(day=28) + timedelta(days=4)).replace(day=1) if is_month else first + timedelta(days=1)
    opened = demo_crypto.opens(interval, first.timestamp() / 60, last.timestamp() / 60 - 1e-6)
    opened = opened[opened >= demo_crypto.listed_at(symbol)]
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


def _depth(symbol: str, query: Query, now: datetime) -> Reply:
    levels = max(1, min(int(query.get("limit") or 100), 5000))
    bids, asks = demo_crypto.book(symbol, now.timestamp() / 60, levels)
    weight = next(weight for most, weight in _DEPTH_WEIGHTS if levels <= most)
    payload = {
        "lastUpdateId": int(now.timestamp() * 1000),
        "bids": [[f"{price:.8f}", f"{quantity:.8f}"] for price, quantity in bids],
        "asks": [[f"{price:.8f}", f"{quantity:.8f}"] for price, quantity in asks],
    }
    return _reply(200, payload, weight)
