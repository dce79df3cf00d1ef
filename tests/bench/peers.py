"""
The same minutes by peers, from the same stand-in, in an environment of their own below a temporary folder.

freqtrade's reader of the archive (what its `download-data` calls: daily zips, 100 connections) with its own Feather
store; the host of its addresses is a constant, which is replaced. It reads 6 of 12 columns and no CHECKSUM. ccxt has no
reader of the archive and pages through REST. Speeds are by each one's own clock, without its start.
"""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.bench.upstream import SYMBOLS, StandIn, measured

FIRST, DAYS = datetime(2025, 1, 1, tzinfo=UTC), 90
REST_DAYS = 31
FREQTRADE = """
import asyncio, json, sys, time
from datetime import date
from pathlib import Path
from freqtrade.data.history import get_datahandler
from freqtrade.enums import CandleType
from freqtrade.exchange import binance_public_data as archive
root, symbol, first, last = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
there = archive.binance_vision_ohlcv_zip_url
public, here = "https://data.binance.vision", root + "/binance_archive"
archive.binance_vision_ohlcv_zip_url = lambda *words: there(*words).replace(public, here)
pair = symbol.removesuffix("USDT") + "/USDT"
started = time.monotonic()
rows = asyncio.run(archive.download_archive_ohlcv(
    CandleType.SPOT, pair, "1m", since_ms=first, until_ms=last, markets={pair: {"id": symbol}}))
get_datahandler(Path("peer-data"), "feather").ohlcv_store(pair, "1m", rows, CandleType.SPOT)
print(json.dumps([len(rows), time.monotonic() - started]))
"""
CCXT = """
import ccxt, json, sys, time
root, symbol, first, last = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
binance = ccxt.binance({"enableRateLimit": False})
get = binance.publicGetKlines if hasattr(binance, "publicGetKlines") else binance.public_get_klines
binance.urls["api"] = {name: root + "/binance/api/v3" for name in binance.urls["api"]}
started, rows, at = time.monotonic(), 0, first
while at < last:
    page = get({"symbol": symbol, "interval": "1m", "startTime": at, "endTime": last - 1, "limit": 1000})
    rows += len([binance.parse_ohlcv(row) for row in page])
    at = int(page[-1][0]) + 60000
print(json.dumps([rows, time.monotonic() - started]))
"""


def lines(folder: Path, upstream: StandIn, ours: float, wanted: float) -> list[str]:
    """A line for each peer; skipped with the reason where it cannot be had."""
    python = folder / "peer" / "bin" / "python"
    try:
        subprocess.run([sys.executable, "-m", "venv", str(folder / "peer")], check=True, capture_output=True)
        install = [str(python), "-m", "pip", "install", "--quiet", "freqtrade"]  # it brings ccxt
        subprocess.run(install, check=True, capture_output=True, timeout=600, env=dict(os.environ))
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        return [f"peer     skipped: freqtrade could not be installed ({type(error).__name__})"]
    for day in range(DAYS + 1):
        stamp = f"{FIRST + timedelta(days=day):%Y-%m-%d}"
        upstream.warm(f"/data/spot/daily/klines/{SYMBOLS[0]}/1m/{SYMBOLS[0]}-1m-{stamp}.zip")
    peers = (("freqtrade, archive to Feather", FREQTRADE, DAYS), ("ccxt, pages of REST", CCXT, REST_DAYS))
    return [_line(folder, upstream, python, peer, ours, wanted) for peer in peers]


def _line(folder: Path, upstream: StandIn, python: Path, peer: tuple[str, str, int], ours: float, wanted: float) -> str:
    """What one peer did, by its own clock: without its start and imports."""
    name, script, days = peer
    first = int(FIRST.timestamp() * 1000)
    span = [str(first), str(first + days * 86_400_000)]
    try:
        ran = measured(folder, {}, [str(python), "-c", script, upstream.root, SYMBOLS[0], *span])
        rows, seconds = json.loads(ran.said.splitlines()[-1])
    except (SystemExit, ValueError) as error:
        return f"peer     {name}: skipped, it could not be pointed at the stand-in: {str(error).splitlines()[-1]}"
    if rows != days * 1440:
        return f"peer     {name}: skipped, it gave {rows} candles of {days * 1440}"
    theirs = rows / seconds
    return (
        f"peer     {name}: {theirs:,.0f} candles a second; mfo {ours:,.0f} from the archive to Parquet, "
        f"{ours / theirs:.1f} times that (wanted {wanted:g})"
    )
