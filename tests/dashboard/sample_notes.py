"""Made-up notes with their calls and facts, and a track record that does not yet show skill."""

from datetime import timedelta
from typing import Any

from etl.domain import CHECKED
from tests.dashboard.sample_artifacts import ANCHOR, AS_OF, Artifact, sessions, utc

WHY = "the model's server does not accept the key (HTTP 401); set OPENAI_API_KEY"
FACTS: list[tuple[str, str, float, str, str | None]] = [
    ("f1", "Buying pressure, 1W, estimated", 31.2, "-100 to 100", "SPY"),
    ("f2", "RSI 14", 61.4, "index", "SPY"),
    ("f3", "Net liquidity, change over 4 weeks", 41200000000.0, "USD", None),
    ("f4", "Return, 1M", -4.21, "percent", "FXI"),
    ("f5", "Buying pressure, 1M, estimated", -6.8, "-100 to 100", "FXI"),
    ("f6", "MACD histogram", -0.08, "USD", "FXI"),
    ("f7", "10-year yield, change over 5 sessions", -0.11, "percentage points", "TLT"),
    ("f8", "Volatility, 20 days", 11.3, "percent", "TLT"),
]


# symbol, stance, title, against, wrong if, cited facts, confidence, benchmark
CALLS: list[tuple[str, str, str, str, str, list[str], float, str]] = [
    (
        "SPY",
        "overweight",
        "Pressure and liquidity lean the same way",
        "RSI at 61.4 leaves less room than a month ago.",
        "SPY closes below its low of the last 20 sessions.",
        ["f1", "f2", "f3"],
        0.58,
        "BIL",
    ),
    (
        "FXI",
        "underweight",
        "Pressure is negative while the price falls",
        "A month's fall of 4.21 % has already been priced in part.",
        "The week's buying pressure turns positive.",
        ["f4", "f5", "f6"],
        0.55,
        "SPY",
    ),
    (
        "TLT",
        "neutral",
        "Yields fell, volatility is low",
        "A surprise in the next inflation print would end the calm.",
        "The 10-year yield moves by more than 0.25 points in five sessions.",
        ["f7", "f8"],
        0.5,
        "BIL",
    ),
]
SUMMARY = (
    "Over the week the buying pressure of US equities was 31.2. That of China was \u22126.8 over the month, the lowest "
    "of the regions. The 10-year yield fell by 0.11 points in five sessions. Net "
    "liquidity rose by 41.2 bn dollars in four weeks."
)
# model, stance, horizon, n, n_eff, hits, hit rate, interval, base rate, mean excess, its interval, brier, skill, words
RECORD_KEYS = (
    "model stance horizon n n_eff hits hit_rate interval_low interval_high base_rate "
    "mean_excess_pct excess_low excess_high brier brier_skill words"
)
RECORD: list[tuple[Any, ...]] = [
    ("gpt-6-luna", "overweight", 21, 64, 31, 37, 0.578, 0.405, 0.734, 0.53, 0.42, -0.31, 1.14, 0.247, 0.011)
    + ("does not yet show skill",),
    ("gpt-6-luna", "underweight", 5, 18, 12, 7, 0.389, 0.18, 0.64, 0.47, -0.2, None, None, 0.26, -0.03)
    + ("does not yet show skill; too short to judge",),
    ("rules", "neutral", 63, 4, 2, 1, 0.25, 0.013, 0.81, None, 0.0, None, None, None, None, "too short to judge"),
]
COMMENTS = [
    ("Asha", "The pressure of SPY rests on one large session.", 40),
    ("Ravi", "CPI is due on Thursday.\nI would wait.", 12),
]
# name, condition, horizon, words, and by period: n, mean, base, interval of the edge
HYPOTHESES: list[tuple[str, str, int, str | None, dict[str, tuple[Any, ...]]]] = [
    ("squeeze", "bollinger_upper - bollinger_lower < 0.04 * close", 21, None, {}),
    (
        "oversold", "rsi14 < 30", 5, "an edge in discovery that later data do not confirm",
        {
            "discovery": (412, 0.61, 0.14, 0.05, 0.88), "later": (171, 0.1, 0.12, -0.6, 0.55),
            "live": (3, -0.4, 0.1, None, None), "all": (586, 0.45, 0.13, -0.02, 0.66),
        },
    ),
]  # fmt: skip
SETTLED = [("SPY", "overweight", 1.31, True), ("FXI", "underweight", 0.6, False), ("GLD", "neutral", -2.4, False)]


def _call(row: tuple[str, str, str, str, str, list[str], float, str]) -> Artifact:
    keys = ("symbol", "stance", "title", "against", "wrong_if", "facts", "confidence", "benchmark")
    held = {"overweight": "more", "underweight": "less", "neutral": "the usual share"}[row[1]]
    action = f"Hold {held} of {row[0]} than the benchmark for the horizon."
    return {**dict(zip(keys, row, strict=True)), "horizon": 21, "action": action}


def notes() -> dict[str, Artifact]:
    """The latest note by a model and an older one by the rules."""
    keys = ("id", "name", "value", "unit", "symbol")
    common = {"as_of": ANCHOR.isoformat(), "source": "yahoo"}
    facts = [{**dict(zip(keys, fact, strict=True)), **common} for fact in FACTS]
    head = {"scope": "default", "published_at": utc(AS_OF), "kind": "live", "facts": facts, "verified": True}
    head |= {"checked": CHECKED, "why": None}
    calls = [_call(row) for row in CALLS]
    newest, older = ANCHOR.isoformat(), (ANCHOR - timedelta(days=1)).isoformat()
    model = {**head, "for_date": newest, "model": "gpt-6-luna", "label": "gpt-6-luna", "summary": SUMMARY}
    model["recommended_by"] = "gpt-6-luna"
    model["recommendations"] = calls
    model["comments"] = [
        {"author": author, "text": text, "written_at": utc(AS_OF - timedelta(minutes=minutes))}
        for author, text, minutes in COMMENTS
    ]
    rules = {**head, "for_date": older, "model": "rules", "label": "rules", "summary": "A day of the rules."}
    rules |= {"recommendations": calls[:2], "comments": [], "recommended_by": "gpt-6-luna", "why": WHY}
    return {
        "data/recommendations/latest.json": {**model, "dates": [newest, older]},
        f"data/recommendations/{newest}.json": model,
        f"data/recommendations/{older}.json": rules,
    }


def records() -> dict[str, Artifact]:
    """A track record that does not yet show skill, and one row that is too short to judge."""
    base: Artifact = {"scope": "default", "kind": "live", "voids": 1}
    rows = [{**base, **dict(zip(RECORD_KEYS.split(), row, strict=True))} for row in RECORD]
    days = [day.isoformat() for day in sessions(40)]
    recent = [
        {
            "symbol": symbol,
            "stance": stance,
            "excess_return_pct": excess,
            "is_hit": is_hit,
            "horizon": 21,
            "model": "gpt-6-luna",
            "confidence": 0.56,
            "for_date": days[i],
            "entry_date": days[i + 1],
            "exit_date": days[i + 22],
        }
        for i, (symbol, stance, excess, is_hit) in enumerate(SETTLED)
    ]
    return {"data/track-record.json": {"rows": rows, "pending": 9, "recent": recent}}


def hypotheses() -> dict[str, Artifact]:
    """One that was tested, and a newer one that was not."""
    shown = [_hypothesis(*row) for row in HYPOTHESES]
    return {"data/hypotheses.json": {"hypotheses": shown, "tries": 1}}


def _hypothesis(
    name: str, condition: str, horizon: int, words: str | None, found: dict[str, tuple[Any, ...]]
) -> Artifact:
    periods = [
        {
            "period": period, "n": n, "mean_pct": mean, "base_pct": base, "edge_pct": round(mean - base, 4),
            "low_pct": low, "high_pct": high, "up_share": 0.5,
        }
        for period, (n, mean, base, low, high) in found.items()
    ]  # fmt: skip
    tested = {"tests": 4, "tested_at": utc(AS_OF), "split": "2024-02-27", "tries": 1, "warning": None}
    untested = {"tests": 0} | dict.fromkeys(("tested_at", "split", "tries", "warning"))
    head = {"name": name, "condition": condition, "horizon": horizon, "author": "Asha", "words": words}
    head["added_at"] = utc(AS_OF - timedelta(days=60))
    return {**head, **(tested if found else untested), "periods": periods}
