"""Made-up artifacts beside prices and pressure: internals, correlations, macro and order books."""

import random
from datetime import timedelta

from etl.domain import CHECKED
from tests.dashboard.sample_artifacts import ANCHOR, AS_OF, CRYPTO, Artifact, rounded, sessions, utc

SERIES = {
    "SP500": ("S&P 500", "Index", "D", 6620.0),
    "VIXCLS": ("CBOE Volatility Index: VIX", "Index", "D", 19.4),
    "DGS10": ("Market Yield on U.S. Treasury Securities at 10-Year Constant Maturity", "Percent", "D", 4.1),
    "DGS2": ("Market Yield on U.S. Treasury Securities at 2-Year Constant Maturity", "Percent", "D", 3.6),
    "T10Y2Y": ("10-Year Treasury Constant Maturity Minus 2-Year", "Percent", "D", 0.5),
    "DTWEXBGS": ("Nominal Broad U.S. Dollar Index", "Index Jan 2006=100", "D", 121.3),
    "WALCL": ("Assets: Total Assets", "Millions of U.S. Dollars", "W", 6580000.0),
    "M2SL": ("M2", "Billions of Dollars", "M", 22200.0),
    "BAMLH0A0HYM2": ("ICE BofA US High Yield Index Option-Adjusted Spread", "Percent", "D", 3.1),
    "DCOILWTICO": ("Crude Oil Prices: West Texas Intermediate", "Dollars per Barrel", "D", 60.2),
    "UNRATE": ("Unemployment Rate", "Percent", "M", 4.4),
}


def walk(
    seed: str, count: int, start: float, step: float, low: float | None = None, high: float | None = None
) -> list[float]:
    """A repeatable random walk that ends near `start`, kept inside the bounds."""
    rng = random.Random(seed)
    value, out = start, []
    for _ in range(count):
        value += rng.gauss(0, step) + (start - value) * 0.08
        value = value if low is None else max(low, value)
        value = value if high is None else min(high, value)
        out.append(rounded(value))
    return out


FIELDS = {
    "breadth": walk("breadths", 60, 0.15, 0.35, -1, 1),
    "momentum_score": walk("momentum", 60, 0.3, 0.15, -1, 1),
    "pressure_pct": walk("pressure", 60, 8, 32, -100, 100),
    "vix": walk("vix", 60, 18, 1.1, 11),
    "correlation_strength": walk("correlation", 60, 0.42, 0.03, 0, 1),
}
COUNTS = {"symbols": 14, "advancers": 9, "decliners": 4, "unchanged": 1, "advance_decline_ratio": 2.25}
NOTE = {"summary": "Made up.", "model": "gpt-6-luna", "verified": True, "label": "gpt-6-luna", "checked": CHECKED}
BOARD = ("market_bias", "volatility_regime", "pressure_pct", "breadth", "momentum_score")


def internals() -> dict[str, Artifact]:
    """data/internals.json and data/dashboard.json, which agree."""
    days = [day.isoformat() for day in sessions(60)]
    history = [{"trade_date": day, **{name: v[i] for name, v in FIELDS.items()}} for i, day in enumerate(days)]
    words = {"volatility_regime": "NORMAL", "market_bias": "BULLISH", "vix_date": days[-1], "vix_percentile": 0.615}
    latest: Artifact = {**history[-1], **COUNTS, **words}
    hour = {"from_at": utc(AS_OF - timedelta(minutes=62)), "to_at": utc(AS_OF - timedelta(minutes=2))}
    crypto = {**hour, "symbols": 3, "volume_usd": 812345678.0, "taker_imbalance": 0.0312}
    board: Artifact = {key: latest[key] for key in BOARD}
    board["trade_date"] = days[-1]
    board["vix"] = {"value": latest["vix"], "date": days[-1], "percentile": 0.615}
    board["note"] = {"for_date": days[-1], **NOTE}
    return {
        "data/internals.json": {"latest": latest, "history": history, "crypto": crypto},
        "data/dashboard.json": board,
    }


def correlations() -> dict[str, Artifact]:
    """Three windows over the nodes' first symbols."""
    symbols = ["SPY", "QQQ", "FXI", "VGK", "EWJ", "INDA", "TLT", "GLD", "BTCUSDT", "BIL"]
    windows = []
    for days in (30, 90, 252):
        rng = random.Random(days)
        r: list[list[float | None]] = [[1.0 if i == j else None for j in range(10)] for i in range(10)]
        for i in range(10):
            for j in range(i):
                r[i][j] = r[j][i] = rounded(max(-0.7, min(0.95, rng.gauss(0.25, 0.38))))
        if days == 252:
            r[9][8] = r[8][9] = None
        windows.append({"days": days, "symbols": symbols, "r": r, "n": [[days] * 10 for _ in range(10)]})
    return {"data/correlations.json": {"anchor_date": ANCHOR.isoformat(), "windows": windows}}


def _series(series_id: str, title: str, unit: str, frequency: str, start: float) -> Artifact:
    step = {"W": 7, "M": 30}.get(frequency, 1)
    days = sessions(120) if step == 1 else [ANCHOR - timedelta(days=step * (119 - i)) for i in range(120)]
    values = walk(series_id, 120, start, start * 0.006)
    points = [[day.isoformat(), value] for day, value in zip(days, values, strict=True)]
    about = {"series_id": series_id, "title": title, "unit": unit, "frequency": frequency}
    latest = {"value": values[-1], "previous": values[-2], "change": rounded(values[-1] - values[-2])}
    return {**about, **latest, "date": days[-1].isoformat(), "publishable": series_id != "SP500", "points": points}


def macro() -> dict[str, Artifact]:
    """data/macro.json with eleven series and 104 Wednesdays of net liquidity."""
    wednesdays = [(ANCHOR - timedelta(days=1 + 7 * (103 - i))).isoformat() for i in range(104)]
    walcl, treasury = walk("walcl", 104, 6.6e12, 2e10), walk("tga", 104, 8.6e11, 2e10)
    rest = {"treasury_series": "WTREGEN", "rrpontsyd_usd": 4.1e9}
    points = [
        {"date": day, "walcl_usd": w, "treasury_usd": t, "net_liquidity_usd": rounded(w - t - 4.1e9), **rest}
        | {"rrpontsyd_date": day}
        for day, w, t in zip(wednesdays, walcl, treasury, strict=True)
    ]
    series = [_series(series_id, *about) for series_id, about in SERIES.items()]
    return {"data/macro.json": {"series": series, "net_liquidity": {"unit": "USD", "points": points}, "old": []}}


def _book(symbol: str, mid: float, rng: random.Random) -> Artifact:
    def side(sign: int) -> list[list[float]]:
        prices = [rounded(mid * (1 + sign * 2e-5 * (i + 0.5))) for i in range(120)]
        return [[price, rounded(rng.expovariate(1 / (0.4 + i / 40)))] for i, price in enumerate(prices)]

    spread = {"mid": mid, "spread": rounded(mid * 2e-5), "spread_bps": 0.2}
    near = {"bid_usd_1pct": 18400000.0, "ask_usd_1pct": 15100000.0, "imbalance": 0.0985}
    taken_at = utc(AS_OF - timedelta(minutes=3))
    return {"symbol": symbol, "taken_at": taken_at, **spread, **near, "bids": side(-1), "asks": side(1)}


def _stats(symbol: str, price: float, change: float) -> Artifact:
    span = {"from_at": utc(AS_OF - timedelta(hours=24)), "to_at": utc(AS_OF - timedelta(minutes=1)), "minutes": 1440}
    moved = {"price": price, "change": rounded(price * change / 100), "change_pct": rounded(change)}
    traded = {"volume": 21034.5, "quote_volume": 1.91e9, "trades": 3120456, "taker_imbalance": -0.0213}
    return {"symbol": symbol, **span, **moved, "high": price * 1.02, "low": price * 0.97, **traded}


def books() -> dict[str, Artifact]:
    """Order books of 120 levels a side and the 24-hour figures."""
    files: dict[str, Artifact] = {}
    stats = []
    for symbol, (_, mid) in CRYPTO.items():
        rng = random.Random(f"book {symbol}")
        files[f"data/order-book/{symbol}.json"] = _book(symbol, mid, rng)
        stats.append(_stats(symbol, mid, rng.gauss(0, 2.5)))
    return {**files, "data/stats-24h.json": {"symbols": stats}}
