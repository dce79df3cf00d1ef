"""Made-up artifacts beside prices and flows: internals, macro, books, notes, records and what operations feed."""

import random
from datetime import timedelta
from typing import Any

from sample_artifacts import ANCHOR, AS_OF, CRYPTO, Artifact, rounded, sessions, utc

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
FACTS: list[tuple[str, str, float, str, str | None]] = [
    ("f1", "Net flow, 1W, of turnover", 3.12, "percent", "SPY"),
    ("f2", "RSI 14", 61.4, "index", "SPY"),
    ("f3", "Net liquidity, change over 4 weeks", 41200000000.0, "USD", None),
    ("f4", "Return, 1M", -4.21, "percent", "FXI"),
    ("f5", "Net flow, 1M, of turnover", -6.8, "percent", "FXI"),
    ("f6", "MACD histogram", -0.08, "USD", "FXI"),
    ("f7", "10-year yield, change over 5 sessions", -0.11, "percentage points", "TLT"),
    ("f8", "Volatility, 20 days", 11.3, "percent", "TLT"),
]


def walk(seed: str, count: int, start: float, step: float, low: float | None = None, high: float | None = None) -> list[float]:
    """A repeatable random walk that ends near `start`, kept inside the bounds."""
    rng = random.Random(seed)
    value, out = start, []
    for _ in range(count):
        value += rng.gauss(0, step) + (start - value) * 0.08
        value = value if low is None else max(low, value)
        value = value if high is None else min(high, value)
        out.append(rounded(value))
    return out


def internals() -> dict[str, Artifact]:
    """data/internals.json and data/dashboard.json, which agree."""
    days = [d.isoformat() for d in sessions(60)]
    fields = {
        "breadth": walk("breadths", 60, 0.15, 0.35, -1, 1),
        "momentum_score": walk("momentum", 60, 0.3, 0.15, -1, 1),
        "volume_flow_pct": walk("flow", 60, 0.8, 3.2),
        "vix": walk("vix", 60, 18, 1.1, 11),
        "correlation_strength": walk("correlation", 60, 0.42, 0.03, 0, 1),
    }
    history = [{"trade_date": day, **{name: values[i] for name, values in fields.items()}} for i, day in enumerate(days)]
    rest = {"symbols": 14, "advancers": 9, "decliners": 4, "unchanged": 1, "advance_decline_ratio": 2.25, "vix_date": days[-1], "vix_percentile": 0.615}
    latest = {**history[-1], **rest, "volatility_regime": "NORMAL", "market_bias": "BULLISH"}
    crypto = {"from_at": utc(AS_OF - timedelta(minutes=62)), "to_at": utc(AS_OF - timedelta(minutes=2)), "symbols": 3, "volume_usd": 812345678.0, "taker_imbalance": 0.0312}
    note = {"for_date": ANCHOR.isoformat(), "summary": "Made up.", "model": "gpt-4o-mini", "verified": True, "label": "gpt-4o-mini"}
    board = {key: latest[key] for key in ("market_bias", "volatility_regime", "volume_flow_pct", "breadth", "momentum_score")}
    board |= {"vix": {"value": latest["vix"], "date": days[-1], "percentile": 0.615}, "note": note}
    return {"data/internals.json": {"latest": latest, "history": history, "crypto": crypto}, "data/dashboard.json": board}


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


def macro() -> dict[str, Artifact]:
    """data/macro.json with eleven series and 104 Wednesdays of net liquidity."""
    series = []
    for series_id, (title, unit, frequency, start) in SERIES.items():
        days = sessions(120) if frequency == "D" else [ANCHOR - timedelta(days=(7 if frequency == "W" else 30) * (119 - i)) for i in range(120)]
        values = walk(series_id, 120, start, start * 0.006)
        points = [[day.isoformat(), value] for day, value in zip(days, values, strict=True)]
        latest = {"date": points[-1][0], "value": values[-1], "previous": values[-2], "change": rounded(values[-1] - values[-2])}
        series.append({"series_id": series_id, "title": title, "unit": unit, "frequency": frequency, "publishable": series_id != "SP500", **latest, "points": points})
    walcl = walk("walcl", 104, 6.6e12, 2e10)
    treasury = walk("tga", 104, 8.6e11, 2e10)
    points = [
        {"date": (ANCHOR - timedelta(days=1 + 7 * (103 - i))).isoformat(), "walcl_usd": w, "treasury_usd": t, "treasury_series": "WTREGEN", "rrpontsyd_usd": 4.1e9, "net_liquidity_usd": rounded(w - t - 4.1e9)}
        for i, (w, t) in enumerate(zip(walcl, treasury, strict=True))
    ]
    return {"data/macro.json": {"series": series, "net_liquidity": {"unit": "USD", "points": points}}}


def books() -> dict[str, Artifact]:
    """Order books of 120 levels a side and the 24-hour figures."""
    files: dict[str, Artifact] = {}
    stats = []
    for symbol, (_, mid) in CRYPTO.items():
        rng = random.Random(f"book {symbol}")
        bids, asks = ([[rounded(mid * (1 + sign * 2e-5 * (i + 0.5))), rounded(rng.expovariate(1 / (0.4 + i / 40)))] for i in range(120)] for sign in (-1, 1))
        figures = {"mid": mid, "spread": rounded(mid * 2e-5), "spread_bps": 0.2, "bid_usd_1pct": 18400000.0, "ask_usd_1pct": 15100000.0, "imbalance": 0.0985}
        files[f"data/order-book/{symbol}.json"] = {"symbol": symbol, "taken_at": utc(AS_OF - timedelta(minutes=3)), **figures, "bids": bids, "asks": asks}
        span = {"from_at": utc(AS_OF - timedelta(hours=24)), "to_at": utc(AS_OF - timedelta(minutes=1)), "minutes": 1440}
        change = rng.gauss(0, 2.5)
        moved = {"price": mid, "change": rounded(mid * change / 100), "change_pct": rounded(change), "high": mid * 1.02, "low": mid * 0.97}
        stats.append({"symbol": symbol, **span, **moved, "volume": 21034.5, "quote_volume": 1.91e9, "trades": 3120456, "taker_imbalance": -0.0213})
    files["data/stats-24h.json"] = {"symbols": stats}
    return files


def _call(symbol: str, stance: str, title: str, against: str, wrong_if: str, facts: list[str], confidence: float) -> Artifact:
    benchmark = "BIL" if symbol in ("SPY", "TLT") else "SPY"
    action = f"Hold {'more' if stance == 'overweight' else 'less' if stance == 'underweight' else 'the usual share'} of {symbol} than the benchmark for the horizon."
    return {"title": title, "action": action, "symbol": symbol, "stance": stance, "horizon": 21, "confidence": confidence, "against": against, "wrong_if": wrong_if, "benchmark": benchmark, "facts": facts}


def notes() -> dict[str, Artifact]:
    """The latest note by a model and an older one by the rules."""
    facts = [{"id": i, "name": name, "value": value, "unit": unit, "as_of": ANCHOR.isoformat(), "symbol": symbol, "source": "yahoo"} for i, name, value, unit, symbol in FACTS]
    calls = [
        _call("SPY", "overweight", "Flows and liquidity lean the same way", "RSI at 61.4 leaves less room than a month ago.", "SPY closes below its low of the last 20 sessions.", ["f1", "f2", "f3"], 0.58),
        _call("FXI", "underweight", "Outflow deepens while the price falls", "A month's fall of 4.21 % has already been priced in part.", "The week's net flow turns positive.", ["f4", "f5", "f6"], 0.55),
        _call("TLT", "neutral", "Yields fell, volatility is low", "A surprise in the next inflation print would end the calm.", "The 10-year yield moves by more than 0.25 points in five sessions.", ["f7", "f8"], 0.5),
    ]
    summary = "Money moved towards US equities over the week: net flow was 3.12 % of turnover. China gave the most, with a net outflow of 6.8 % of turnover over the month. The 10-year yield fell by 0.11 points in five sessions. Net liquidity rose by 41.2 bn dollars in four weeks."
    head = {"scope": "default", "published_at": utc(AS_OF), "summary": summary, "kind": "live", "facts": facts}
    model = {**head, "for_date": ANCHOR.isoformat(), "model": "gpt-4o-mini", "verified": True, "label": "gpt-4o-mini", "recommendations": calls}
    older = (ANCHOR - timedelta(days=1)).isoformat()
    rules = {**head, "for_date": older, "model": "rules", "verified": True, "label": "rules", "summary": "Written by rules: no key was set.", "recommendations": calls[:2]}
    dates = [ANCHOR.isoformat(), older]
    return {"data/recommendations/latest.json": {**model, "dates": dates}, f"data/recommendations/{dates[0]}.json": model, f"data/recommendations/{older}.json": rules}


def records() -> dict[str, Artifact]:
    """A track record that does not yet show skill, and one row that is too short to judge."""
    base: dict[str, Any] = {"scope": "default", "kind": "live", "voids": 1}
    rows = [
        {**base, "model": "gpt-4o-mini", "stance": "overweight", "horizon": 21, "n": 64, "n_eff": 31, "hits": 37, "hit_rate": 0.578, "interval_low": 0.405, "interval_high": 0.734, "base_rate": 0.53, "mean_excess_pct": 0.42, "excess_low": -0.31, "excess_high": 1.14, "brier": 0.247, "brier_skill": 0.011, "words": "does not yet show skill"},
        {**base, "model": "gpt-4o-mini", "stance": "underweight", "horizon": 5, "n": 18, "n_eff": 12, "hits": 7, "hit_rate": 0.389, "interval_low": 0.18, "interval_high": 0.64, "base_rate": 0.47, "mean_excess_pct": -0.2, "excess_low": None, "excess_high": None, "brier": 0.26, "brier_skill": -0.03, "words": "does not yet show skill; too short to judge"},
        {**base, "model": "rules", "stance": "neutral", "horizon": 63, "n": 4, "n_eff": 2, "hits": 1, "hit_rate": 0.25, "interval_low": 0.013, "interval_high": 0.81, "base_rate": None, "mean_excess_pct": 0.0, "excess_low": None, "excess_high": None, "brier": None, "brier_skill": None, "words": "too short to judge"},
    ]
    days = sessions(40)
    recent = [
        {"symbol": s, "stance": stance, "horizon": 21, "model": "gpt-4o-mini", "for_date": days[i].isoformat(), "entry_date": days[i + 1].isoformat(), "exit_date": days[i + 22].isoformat(), "excess_return_pct": x, "is_hit": hit, "confidence": 0.56}
        for i, (s, stance, x, hit) in enumerate([("SPY", "overweight", 1.31, True), ("FXI", "underweight", 0.6, False), ("GLD", "neutral", -2.4, False)])
    ]
    return {"data/track-record.json": {"rows": rows, "pending": 9, "recent": recent}}
