"""Made-up artifacts of what operations feed: sources in every state, quality, health and the last runs."""

from datetime import timedelta

from tests.dashboard.sample_artifacts import ANCHOR, AS_OF, Artifact, utc

RUN_ID = "20261120T113000Z-sample"

# name, title, status, cadence in hours, hours since the newest data, hours until the next are due, why
SOURCES: list[tuple[str, str, str, int | None, float | None, float | None, str | None]] = [
    ("binance", "Binance spot", "ok", 1, 0.1, 1.0, None),
    ("fred", "FRED", "ok", 24, 15, 9, None),
    ("yahoo", "Yahoo chart", "ok", 24, 14.5, 10, None),
    ("alpha_vantage", "Alpha Vantage", "late", 24, 38.5, -14.0, "the daily quota was spent after 18 of 25 calls"),
    ("binance_archive", "Binance archive", "failed", 24, 62, 6, "HTTP 503 on 4 of 4 requests"),
    ("twelve_data", "Twelve Data", "skipped", 24, None, None, "TWELVE_DATA_API_KEY is not set"),
    ("alpaca", "Alpaca", "unused", 24, None, None, "no dataset needed it"),
]
CLOSED = [
    {"name": "IEX Cloud", "why": "closed in August 2024"},
    {"name": "CryptoCompare", "why": "its free tier ended"},
]
CLAIMS = {
    "high_is_highest": "High is the highest price of its day",
    "volume_is_positive": "No volume is negative",
    "has_no_future": "No bar lies after the as-of",
    "sources_agree": "Two sources agree within half a per cent",
}
GAP = {
    "dataset": "bars",
    "interval": "1h",
    "symbol": "BNBUSDT",
    "missing": 2,
    "state": "suspected",
    "why": "the source did not have it when it was asked",
    "first_seen_at": "2026-11-17T05:00:00Z",
    "asked_again": 1,
    "last_asked_at": "2026-11-17T07:00:00Z",
    "ask_again_at": "2026-11-17T13:00:00Z",
    "filled_at": None,
    "from_at": "2026-11-17T03:00:00Z",
    "to_at": "2026-11-17T04:00:00Z",
}
REVISION = {
    "kind": "observation",
    "symbol": "M2SL",
    "at": "2026-09-01",
    "field": "value",
    "source": "fred",
    "old_value": 22190.1,
    "new_value": 22195.4,
}
REFUSED = {
    "dataset": "equity_daily",
    "symbol": "IWM",
    "at": "2026-11-18",
    "source": "twelve_data",
    "reason": "high is below low",
}


def at(hours: float | None) -> str | None:
    """An instant so many hours after the as-of."""
    return None if hours is None else utc(AS_OF + timedelta(hours=hours))


def _sources() -> Artifact:
    items = []
    for name, title, status, cadence, old, due, why in SOURCES:
        age = {"newest": at(None if old is None else -old), "cadence_hours": cadence, "expected_next_at": at(due)}
        error = {"last_good_at": at(-1), "last_error": "HTTP 503" if status == "failed" else None, "why": why}
        quota = {"per_day": 25 if name == "alpha_vantage" else None, "used_today": 18, "left_today": 7, "requests": 40}
        measured = {"success_share": 0.98, "median_latency_ms": 231}
        items.append({"source": name, "title": title, "status": status, **age, **error, **quota, **measured})
    return {"items": items, "closed": CLOSED}


def _quality() -> Artifact:
    checks = [
        {"check": f"daily_prices__{name}", "claim": claim, "severity": "error", "failed_rows": 0, "status": "pass"}
        for name, claim in CLAIMS.items()
    ]
    checks[-1] |= {"severity": "warning", "failed_rows": 2, "status": "fail"}
    revision = {**REVISION, "was_known_at": at(-700), "known_at": at(-20)}
    return {"checks": checks, "gaps": [GAP], "revisions": [revision], "refused": [REFUSED]}


def _runs() -> Artifact:
    details = {"extract": {"line": "70 of 70 due datasets answered", "undone": []}, "requests": 41}
    runs = [
        {
            "run_id": f"run-{i}" if i else RUN_ID,
            "command": "run-daily",
            "status": status,
            "details": details,
            "run_at": at(-24 * i),
            "finished_at": at(-24 * i + 0.05),
        }
        for i, status in enumerate(["partial", "success", "success", "failure", "success"])
    ]
    return {"runs": runs}


def operations() -> dict[str, Artifact]:
    """data/sources.json, quality.json, health.json and pipeline.json."""
    health = {
        "status": "partial",
        "stale": [{"source": "alpha_vantage", "newest": at(-38), "expected_next_at": at(-14), "why": "quota spent"}],
        "anchor_date": ANCHOR.isoformat(),
        "run": {"run_id": RUN_ID, "run_at": at(0), "status": "partial"},
        "counts": {"symbols": 15, "series": 19, "daily_rows": 18240},
    }
    return {
        "data/sources.json": _sources(),
        "data/quality.json": _quality(),
        "data/health.json": health,
        "data/pipeline.json": _runs(),
    }
