"""
Made-up artifacts in the shapes of the publication: a repeatable random walk, nothing that a market ever did.

Every function returns {path from the site's root: artifact without the common keys}; `sample_site` adds those.
"""

import math
import random
from datetime import UTC, date, datetime, timedelta
from typing import Any

from etl.site.artifacts.flows import METHOD

Artifact = dict[str, Any]

ANCHOR = date(2026, 11, 19)
AS_OF = datetime(2026, 11, 20, 11, 32, tzinfo=UTC)
WINDOWS = {"1D": 1, "1W": 5, "1M": 21, "3M": 63, "1Y": 252}
REGIONS = {
    "USA": ("SPY", ["QQQ", "IWM"]),
    "China": ("FXI", ["MCHI"]),
    "Europe": ("VGK", ["EZU"]),
    "Japan": ("EWJ", []),
    "India": ("INDA", []),
}
ASSETS = {
    "Stocks": ("SPY", []),
    "Bonds": ("TLT", ["AGG"]),
    "Commodities": ("GLD", ["DBC"]),
    "Crypto": ("BTCUSDT", ["ETHUSDT", "BNBUSDT"]),
    "Cash": ("BIL", []),
}
CRYPTO = {"BTCUSDT": ("Bitcoin", 91000.0), "ETHUSDT": ("Ether", 3100.0), "BNBUSDT": ("BNB", 905.0)}
EQUITIES = {
    "SPY": ("SPDR S&P 500 ETF Trust", 662.0),
    "QQQ": ("Invesco QQQ Trust", 596.0),
    "IWM": ("iShares Russell 2000 ETF", 238.0),
    "FXI": ("iShares China Large-Cap ETF", 40.0),
    "VGK": ("Vanguard FTSE Europe ETF", 78.0),
    "EWJ": ("iShares MSCI Japan ETF", 81.0),
    "INDA": ("iShares MSCI India ETF", 54.0),
    "TLT": ("iShares 20+ Year Treasury Bond ETF", 90.0),
    "GLD": ("SPDR Gold Shares", 375.0),
    "BIL": ("SPDR Bloomberg 1-3 Month T-Bill ETF", 91.6),
    "AAPL": ("Apple Inc.", 271.0),
    "MSFT": ("Microsoft Corporation", 487.0),
}


def utc(at: datetime) -> str:
    """An instant as the artifacts spell it."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def sessions(count: int, is_crypto: bool = False) -> list[date]:
    """The last `count` days up to the anchor; weekdays only for what an exchange trades."""
    days: list[date] = []
    day = ANCHOR
    while len(days) < count:
        if is_crypto or day.weekday() < 5:
            days.append(day)
        day -= timedelta(days=1)
    return days[::-1]


def rounded(value: float) -> float:
    """Ten significant digits, as the exporter writes them."""
    return float(f"{value:.10g}")


def _mean(values: list[float], count: int) -> list[float | None]:
    return [rounded(sum(values[i - count + 1 : i + 1]) / count) if i + 1 >= count else None for i in range(len(values))]


def _ema(values: list[float], count: int) -> list[float]:
    out = [values[0]]
    for value in values[1:]:
        out.append(out[-1] + (value - out[-1]) * 2 / (count + 1))
    return out


def _indicators(close: list[float], rng: random.Random) -> Artifact:
    middle = _mean(close, 20)
    spread = [None if m is None else m * 0.035 for m in middle]
    macd = [rounded(a - b) for a, b in zip(_ema(close, 12), _ema(close, 26), strict=True)]
    signal = [rounded(value) for value in _ema(macd, 9)]
    rsi = 55.0
    rsis: list[float | None] = []
    for i in range(len(close)):
        rsi = min(82.0, max(20.0, rsi + rng.gauss(0, 5) + (52 - rsi) * 0.08))
        rsis.append(rounded(rsi) if i >= 14 else None)
    return {
        "ma7": _mean(close, 7),
        "ma30": _mean(close, 30),
        "rsi14": rsis,
        "macd": macd,
        "macd_signal": signal,
        "macd_histogram": [rounded(a - b) for a, b in zip(macd, signal, strict=True)],
        "bollinger_middle": middle,
        "bollinger_upper": [
            None if m is None or s is None else rounded(m + s) for m, s in zip(middle, spread, strict=True)
        ],
        "bollinger_lower": [
            None if m is None or s is None else rounded(m - s) for m, s in zip(middle, spread, strict=True)
        ],
    }


def columns(symbol: str, interval: str, start: float) -> Artifact:
    """Candles as columns: 400 days or 500 hours."""
    rng = random.Random(f"{symbol} {interval}")
    if interval == "1d":
        at = [
            datetime(d.year, d.month, d.day, 0 if symbol in CRYPTO else 14, 0 if symbol in CRYPTO else 30, tzinfo=UTC)
            for d in sessions(400, symbol in CRYPTO)
        ]
    else:
        at = [datetime(2026, 11, 20, 10, tzinfo=UTC) - timedelta(hours=499 - i) for i in range(500)]
    step = {"1d": 0.010, "1h": 0.003}[interval] * (2.2 if symbol in CRYPTO else 0.05 if symbol == "BIL" else 1)
    open_, high, low, close, volume = [], [], [], [], []
    price = start * 0.86
    for _ in at:
        first = price * math.exp(rng.gauss(0, step * 0.3))
        price = first * math.exp(rng.gauss(0.0004, step))
        open_.append(rounded(first))
        close.append(rounded(price))
        high.append(rounded(max(first, price) * (1 + abs(rng.gauss(0, step * 0.5)))))
        low.append(rounded(min(first, price) * (1 - abs(rng.gauss(0, step * 0.5)))))
        volume.append(rounded(6e7 * math.exp(rng.gauss(0, 0.35))))
    by = start / close[-1]  # so that it ends where the symbol stands
    open_, high, low, close = ([rounded(value * by) for value in values] for values in (open_, high, low, close))
    out = {
        "time": [int(a.timestamp()) for a in at],
        "open": open_,
        "high": high,
        "low": low,
        "close": close,
        "volume": volume,
    }
    out |= _indicators(close, rng)
    if interval == "1d":
        out["pressure_pct"] = [rounded(rng.uniform(-99, 99)) for _ in at]
    return out


def _latest(symbol: str, day: str, daily: Artifact) -> Artifact:
    row = {key: values[-1] for key, values in daily.items() if key not in ("time", "open", "high", "low")}
    change = rounded(100 * (daily["close"][-1] / daily["close"][-2] - 1))
    source = "binance" if symbol in CRYPTO else "yahoo"
    return {**row, "symbol": symbol, "trade_date": day, "return_pct": change, "source": source}


def prices() -> dict[str, Artifact]:
    """Candles of every symbol and data/metrics.json."""
    files: dict[str, Artifact] = {}
    listing: Artifact = {"symbols": [], "prices": [], "metrics": []}
    for symbol, (name, start) in {**EQUITIES, **CRYPTO}.items():
        is_crypto = symbol in CRYPTO
        for interval, unit in (("1d", "USD"), ("1h", "USDT")) if is_crypto else (("1d", "USD"),):
            candles = {"interval": interval, "unit_price": unit, "columns": columns(symbol, interval, start)}
            files[f"data/candles/{symbol}/{interval}.json"] = {"symbol": symbol, **candles}
        daily = files[f"data/candles/{symbol}/1d.json"]["columns"]
        days = [day.isoformat() for day in sessions(30, is_crypto)]
        kind: Artifact = {"kind": "crypto" if is_crypto else "equity", "groups": [], "volume_unit": "shares"}
        listing["symbols"].append({"symbol": symbol, "name": name, **kind})
        listing["prices"].append({"symbol": symbol, "trade_date": days, "close": daily["close"][-30:]})
        listing["metrics"].append(_latest(symbol, days[-1], daily))
    listing["range"] = {"from": sessions(30)[0].isoformat(), "to": ANCHOR.isoformat()}
    return {**files, "data/metrics.json": listing}


def _nodes(members: dict[str, tuple[str, list[str]]], count: int, rng: random.Random) -> list[Artifact]:
    nodes: list[Artifact] = []
    for position, (node, (symbol, beside)) in enumerate(members.items()):
        figures: Artifact = {
            "turnover_usd": rounded(count * 4e10 / (1 + position * 1.7) * rng.uniform(0.7, 1.3)),
            "pressure_pct": None if node == "Cash" else rounded(rng.uniform(-90, 90) / math.sqrt(count)),
            "return_pct": rounded(rng.gauss(0.05 * count, 1 + count / 40)),
        }
        others = [{"symbol": other, **figures, "turnover_usd": rng.randint(10**9, 10**10)} for other in beside]
        volatility = rounded(rng.uniform(8, 42))
        nodes.append({"node": node, "symbol": symbol, **figures, "volatility_pct": volatility, "beside": others})
    return sorted(nodes, key=lambda one: (one["pressure_pct"] is None, -(one["pressure_pct"] or 0)))


def pressure() -> dict[str, Artifact]:
    """Regions and asset classes in five windows, the highest pressure first."""
    files: dict[str, Artifact] = {}
    for folder, members, name in (("global-flow", REGIONS, "regions"), ("asset-flow", ASSETS, "asset_classes")):
        for window, count in WINDOWS.items():
            head = {
                "window": window,
                "sessions": count,
                "anchor_date": ANCHOR.isoformat(),
                "from_date": sessions(count)[0].isoformat(),
                "method": METHOD,
            }
            nodes = _nodes(members, count, random.Random(f"{folder} {window}"))
            files[f"data/{folder}/{window}.json"] = {**head, name: nodes}
    return files
