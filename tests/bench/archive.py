"""
A year of minutes of two symbols from the archive: candles a second and a core, memory, and a peer's download beside.

    .venv/bin/python -m tests.bench.archive

Every zip is asked for once before, so that the stand-in serves it from memory. The peer is ccxt, in an environment of
its own below the temporary folder; it has no reader of the archive and pages through the same minutes of one month.
"""

import fcntl
import json
import os
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from etl.domain import CRYPTO_1M, Want
from etl.providers import PROVIDERS
from tests.bench.upstream import SYMBOLS, Measured, StandIn, measured, mfo, stand_in

FIRST, LAST, DAYS = datetime(2024, 10, 1, tzinfo=UTC), datetime(2025, 10, 1, tzinfo=UTC), 365
CANDLES = len(SYMBOLS) * DAYS * 1440
ASKED = ("backfill", "both", "--from", "2024-10-01", "--to", "2025-09-30")
A_CORE, MOST_MB, PEERS = 0.7e6, 500, 3
PEER_MONTH = 31 * 1440
PEER = """
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


def main() -> None:
    """Print the figures, each with what is wanted."""
    with stand_in() as upstream, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        now = datetime.fromisoformat(upstream.env["MFO_NOW"])
        for symbol in SYMBOLS:
            for request in PROVIDERS["binance_archive"].plan(Want(CRYPTO_1M, symbol, FIRST, LAST), now):
                upstream.warm(request.path)
        fetched = fetched_only(folder, upstream)
        typed = mfo(folder, upstream, "transform")
        idle = mfo(folder, upstream, "transform")  # nothing is new: what a start takes
        loaded = mfo(folder, upstream, "load")
        report(fetched, typed, idle, loaded)
        sys.stdout.write(peer(folder, upstream, CANDLES / (fetched.wall_s + typed.wall_s)))


def fetched_only(folder: Path, upstream: StandIn) -> Measured:
    """A backfill while another run holds the lock: it fetches, and leaves the rest to be measured alone."""
    (folder / "data").mkdir()
    with (folder / "data" / "run.lock").open("a+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return mfo(folder, upstream, *ASKED)


def report(fetched: Measured, typed: Measured, idle: Measured, loaded: Measured) -> None:
    """Each step with its speed and its memory."""
    a_core = CANDLES / (typed.cpu_s - idle.cpu_s)
    sys.stdout.write(
        f"archive  {CANDLES:,} candles: fetched and proven in {fetched.wall_s:.1f} s, zip to Parquet in "
        f"{typed.wall_s:.1f} s, loaded and checked in {loaded.wall_s:.1f} s\n"
        f"archive  {a_core:,.0f} candles a second a core from zip to Parquet (wanted {A_CORE:,.0f})\n"
        f"archive  most memory: fetch {fetched.peak_mb:.0f} MB, to Parquet {typed.peak_mb:.0f} MB, load "
        f"{loaded.peak_mb:.0f} MB (wanted below {MOST_MB})\n"
    )


def peer(folder: Path, upstream: StandIn, ours: float) -> str:
    """The same minutes by ccxt, as a ratio; skipped with the reason where it cannot be had."""
    python = folder / "peer" / "bin" / "python"
    try:
        subprocess.run([sys.executable, "-m", "venv", str(folder / "peer")], check=True, capture_output=True)
        install = [str(python), "-m", "pip", "install", "--quiet", "ccxt"]
        subprocess.run(install, check=True, capture_output=True, timeout=300, env=dict(os.environ))
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        return f"peer     skipped: ccxt could not be installed ({type(error).__name__})\n"
    (folder / "peer.py").write_text(PEER, encoding="utf-8")
    first = int(datetime(2025, 1, 1, tzinfo=UTC).timestamp() * 1000)
    span = [str(first), str(first + PEER_MONTH * 60_000)]
    try:
        ran = measured(folder, {}, [str(python), str(folder / "peer.py"), upstream.root, SYMBOLS[0], *span])
    except SystemExit as error:
        return f"peer     skipped: ccxt could not be pointed at the stand-in: {str(error).splitlines()[-1]}\n"
    rows, seconds = json.loads(ran.said.splitlines()[-1])
    theirs = rows / seconds
    return (
        f"peer     ccxt {theirs:,.0f} candles a second, mfo {ours:,.0f} from the archive to Parquet: "
        f"{ours / theirs:.1f} times (wanted {PEERS})\n"
    )


if __name__ == "__main__":
    main()
