"""
A whole made-up site folder for the browser tests: `python tests/dashboard/sample_site.py FOLDER` writes it for a look.

`build` takes changes to make before anything is written, so that a test says only what is unusual in its own site.
"""

import functools
import hashlib
import json
import shutil
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import vl_convert

sys.path.insert(0, str(Path(__file__).parent))  # the siblings import each other, whatever pytest's import mode

from sample_artifacts import ANCHOR, AS_OF, Artifact, flows, prices, utc
from sample_pictures import books, correlations, internals, macro, notes, records

DASHBOARD = Path(__file__).parents[2] / "dashboard"
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
TERMS = {
    "binance": ("Binance terms of use", "https://www.binance.com/en/terms", True),
    "fred": ("FRED terms of use", "https://fred.stlouisfed.org/legal/", True),
    "yahoo": ("Yahoo terms of service", "https://legal.yahoo.com/", False),
    "alpha_vantage": ("Alpha Vantage terms", "https://www.alphavantage.co/terms_of_service/", False),
}


def _at(hours: float | None) -> str | None:
    return None if hours is None else utc(AS_OF + timedelta(hours=hours))


def operations() -> dict[str, Artifact]:
    """What operations feed: sources, quality, health and the last runs."""
    items = [
        {"source": name, "title": title, "status": status, "why": why, "newest": _at(None if old is None else -old), "cadence_hours": cadence, "expected_next_at": _at(due), "last_good_at": _at(-1), "last_error": "HTTP 503" if status == "failed" else None, "success_share": 0.98, "median_latency_ms": 231, "per_day": 25 if name == "alpha_vantage" else None, "used_today": 18, "left_today": 7, "requests": 40}
        for name, title, status, cadence, old, due, why in SOURCES
    ]
    checks = [{"check": f"daily_prices__{name}", "claim": claim, "severity": "error", "failed_rows": 0, "status": "pass"} for name, claim in (("high_is_highest", "High is the highest price of its day"), ("volume_is_positive", "No volume is negative"), ("has_no_future", "No bar lies after the as-of"))]
    checks.append({"check": "daily_prices__sources_agree", "claim": "Two sources agree within half a per cent", "severity": "warning", "failed_rows": 2, "status": "fail"})
    gaps = [{"dataset": "bars", "interval": "1h", "symbol": "BNBUSDT", "from_at": "2026-11-17T03:00:00Z", "to_at": "2026-11-17T04:00:00Z", "missing": 2, "state": "open"}]
    revisions = [{"kind": "observation", "symbol": "M2SL", "at": "2026-09-01", "field": "value", "old_value": 22190.1, "new_value": 22195.4, "source": "fred", "was_known_at": _at(-700), "known_at": _at(-20)}]
    refused = [{"dataset": "equity_daily", "symbol": "IWM", "at": "2026-11-18", "reason": "high is below low", "source": "twelve_data"}]
    runs = [{"run_id": RUN_ID if i == 0 else f"run-{i}", "run_at": _at(-24 * i), "finished_at": _at(-24 * i + 0.05), "command": "run-daily", "status": status, "details": {"published": True, "requests": 41}} for i, status in enumerate(["partial", "success", "success", "failure", "success"])]
    health = {"status": "partial", "stale": [{"source": "alpha_vantage", "newest": _at(-38), "expected_next_at": _at(-14), "why": "quota spent"}], "anchor_date": ANCHOR.isoformat(), "run": {"run_id": RUN_ID, "run_at": _at(0), "status": "partial"}, "counts": {"symbols": 15, "series": 19, "daily_rows": 18240}}
    return {
        "data/sources.json": {"items": items, "closed": [{"name": "IEX Cloud", "why": "closed in August 2024"}, {"name": "CryptoCompare", "why": "its free tier ended"}]},
        "data/quality.json": {"checks": checks, "gaps": gaps, "revisions": revisions, "refused": refused},
        "data/health.json": health,
        "data/pipeline.json": {"runs": runs},
    }


def _terms_of(path: str) -> list[str]:
    if "/order-book/" in path or "24h" in path or "USDT" in path:
        return ["binance"]
    if path == "data/macro.json":
        return ["fred"]
    return ["yahoo", "alpha_vantage"] if "/candles/" in path else ["yahoo", "binance"]


def artifacts(demo: bool = False) -> dict[str, Artifact]:
    """All artifacts with the common keys, by path."""
    files: dict[str, Artifact] = {}
    for part in (prices(), flows(), internals(), correlations(), macro(), books(), notes(), records(), operations()):
        files |= part
    board, metrics = files["data/dashboard.json"], files["data/metrics.json"]["metrics"]
    board["quotes"] = [{key: row[key] for key in ("symbol", "trade_date", "close", "return_pct")} for row in metrics if row["symbol"] in ("SPY", "QQQ")]
    for path, artifact in files.items():
        names = list(TERMS) if path == "data/sources.json" else _terms_of(path)
        sources = [{"source": n, "title": n.replace("_", " ").title(), "terms": TERMS[n][0], "terms_url": TERMS[n][1], "publishable": TERMS[n][2]} for n in names]
        artifact.update(schema_version="1.0", as_of=utc(AS_OF), run_id=RUN_ID, demo=demo, reconstructed=False, sources=sources)
    return files


def manifest(files: dict[str, Artifact], demo: bool = False) -> Artifact:
    """The list of all files, with what the page needs to judge age."""
    listed = []
    for path, artifact in sorted(files.items()):
        body = json.dumps(artifact, sort_keys=True).encode()
        listed.append({"path": path, "sha256": hashlib.sha256(body).hexdigest(), "bytes": len(body), "schema": "schema/artifact.json"})
    sources = [{"name": n, "title": t, "status": s, "cadence_hours": c, "newest": _at(None if o is None else -o), "expected_next_at": _at(d), "why": w} for n, t, s, c, o, d, w in SOURCES]
    head = {"as_of": utc(AS_OF), "run_id": RUN_ID, "demo": demo, "reconstructed": False, "version": "0.1.0", "schema_version": "1.0", "timezone": "Asia/Kolkata", "published_at": utc(AS_OF)}
    return {**head, "artifacts": listed, "sources": sources}


@functools.cache
def charts_bundle() -> str:
    """The bundle exactly as the exporter writes it beside the page."""
    return str(vl_convert.javascript_bundle())


Change = Callable[[dict[str, Any], dict[str, Any]], None]


def build(folder: Path, change: Change | None = None, demo: bool = False) -> Path:
    """Writes the site; `change(files, manifest)` may alter both before. A file changed to a str is written as it is."""
    files: dict[str, Any] = artifacts(demo)
    listing = manifest(files, demo)
    if change is not None:
        change(files, listing)
    shutil.copytree(DASHBOARD, folder, dirs_exist_ok=True)
    (folder / "vega.js").write_text(charts_bundle(), encoding="utf-8")
    for path, artifact in {**files, "data/manifest.json": listing}.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(artifact if isinstance(artifact, str) else json.dumps(artifact, sort_keys=True), encoding="utf-8")
    return folder


if __name__ == "__main__":
    build(Path(sys.argv[1]), demo="--demo" in sys.argv)
