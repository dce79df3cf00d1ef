"""
A whole made-up site folder for the browser tests: `python -m tests.dashboard.sample_site FOLDER` writes it for a look.

`build` takes changes to make before anything is written, so that a test says only what is unusual in its own site.
"""

import functools
import hashlib
import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from etl.site.publish.export import SCHEMAS
from etl.site.publish.folder import page_files
from etl.site.publish.vega import compiled_specs, vega_bundle
from tests.dashboard.sample_artifacts import AS_OF, Artifact, pressure, prices, utc
from tests.dashboard.sample_notes import hypotheses, notes, records
from tests.dashboard.sample_operations import RUN_ID, SOURCES, at, operations
from tests.dashboard.sample_pictures import books, correlations, internals, macro

DASHBOARD = Path(__file__).parents[2] / "dashboard"

TERMS = {
    "binance": ("Binance terms of use", "https://www.binance.com/en/terms", True),
    "fred": ("FRED terms of use", "https://fred.stlouisfed.org/legal/", True),
    "yahoo": ("Yahoo terms of service", "https://legal.yahoo.com/", False),
    "alpha_vantage": ("Alpha Vantage terms", "https://www.alphavantage.co/terms_of_service/", False),
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
    pictures = (prices(), pressure(), internals(), correlations(), macro(), books())
    for part in (*pictures, notes(), records(), hypotheses(), operations()):
        files |= part
    board, metrics = files["data/dashboard.json"], files["data/metrics.json"]["metrics"]
    board["quotes"] = [
        {key: row[key] for key in ("symbol", "trade_date", "close", "return_pct")}
        for row in metrics
        if row["symbol"] in ("SPY", "QQQ")
    ]
    for path, artifact in files.items():
        names = list(TERMS) if path == "data/sources.json" else _terms_of(path)
        sources = [
            {
                "source": n,
                "title": n.replace("_", " ").title(),
                "terms": TERMS[n][0],
                "terms_url": TERMS[n][1],
                "publishable": TERMS[n][2],
            }
            for n in names
        ]
        artifact.update(
            schema_version="1.0", as_of=utc(AS_OF), run_id=RUN_ID, demo=demo, reconstructed=False, sources=sources
        )
    return files


def schema_of(path: str) -> str | None:
    """The real schema of an artifact, as the exporter names it; None where it has none."""
    parts = path.removeprefix("data/").removesuffix(".json").split("/")
    name = f"candles-{parts[-1]}" if parts[0] == "candles" else "-".join(parts) if parts[-1] == "latest" else parts[0]
    return f"schema/{name}.json" if f"schema/{name}.json" in SCHEMAS else None


def manifest(files: dict[str, Artifact], demo: bool = False) -> Artifact:
    """The list of all files, with what the page needs to judge age."""
    listed = []
    for path, artifact in sorted(files.items()):
        body = json.dumps(artifact, sort_keys=True).encode()
        listed.append(
            {"path": path, "sha256": hashlib.sha256(body).hexdigest(), "bytes": len(body), "schema": schema_of(path)}
        )
    sources = [
        {
            "name": n,
            "title": t,
            "status": s,
            "cadence_hours": c,
            "newest": at(None if o is None else -o),
            "expected_next_at": at(d),
            "why": w,
        }
        for n, t, s, c, o, d, w in SOURCES
    ]
    head = {
        "as_of": utc(AS_OF),
        "run_id": RUN_ID,
        "demo": demo,
        "reconstructed": False,
        "version": "0.1.0",
        "schema_version": "1.0",
        "timezone": "Asia/Kolkata",
        "published_at": utc(AS_OF),
    }
    return {**head, "artifacts": listed, "sources": sources}


@functools.cache
def charts() -> dict[str, bytes]:
    """The bundle and the specs exactly as the exporter writes them beside the page; made once."""
    with TemporaryDirectory() as folder:
        cache = Path(folder)
        return {**compiled_specs(page_files(DASHBOARD), cache), "vega.js": vega_bundle(cache)}


Change = Callable[[dict[str, Any], dict[str, Any]], None]


def build(folder: Path, change: Change | None = None, demo: bool = False) -> Path:
    """Writes the site; `change(files, manifest)` may alter both before. A file changed to a str is written as it is."""
    files: dict[str, Any] = artifacts(demo)
    listing = manifest(files, demo)
    if change is not None:
        change(files, listing)
    shutil.copytree(DASHBOARD, folder, dirs_exist_ok=True)
    for path, body in charts().items():
        (folder / path).write_bytes(body)
    for path, artifact in {**files, **SCHEMAS, "data/manifest.json": listing}.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(
            artifact if isinstance(artifact, str) else json.dumps(artifact, sort_keys=True), encoding="utf-8"
        )
    return folder


if __name__ == "__main__":
    build(Path(sys.argv[1]), demo="--demo" in sys.argv)
