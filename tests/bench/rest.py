"""
How much of Binance's allowed weight a backfill by REST uses, window by window, and how often it is refused.

    .venv/bin/python -m tests.bench.rest

The stand-in allows 600 in 10 seconds, so that minutes of the real limits pass in seconds.
"""

import sys
import tempfile
from collections import Counter
from pathlib import Path

from tests.bench.upstream import mfo, stand_in

LIMIT, WINDOW_S = 600, 10
SETTINGS = f"[limits.binance]\nweight = {LIMIT}\nweight_window_s = {WINDOW_S}\n"
WANTED = 0.95


def main() -> None:
    """Print used, allowed and refused."""
    options = ("--weight-limit", str(LIMIT), "--weight-window", str(WINDOW_S))
    with stand_in(*options) as upstream, tempfile.TemporaryDirectory() as folder:
        asked = ("backfill", "L0001USDT", "--from", "2023-01-01", "--only", "binance")
        run = mfo(Path(folder), upstream, *asked, settings=SETTINGS)
        log = [entry for entry in upstream.log() if entry["provider"] == "binance"]
    weights: Counter[int] = Counter()
    for entry in log:
        weights[entry["window"]] += entry["weight"]
    whole = [weights[window] for window in sorted(weights)[1:-1]]  # the first and the last are not whole windows
    refused = sum(entry["verdict"].startswith("limit:") for entry in log)
    share = sum(whole) / (LIMIT * len(whole))
    sys.stdout.write(
        f"rest     {len(log)} requests in {run.wall_s:.0f} s; weight of each whole window, {LIMIT} allowed: {whole}\n"
        f"rest     used {share:.1%} of what is allowed (wanted {WANTED:.0%}), refused {refused} (wanted 0)\n"
    )


if __name__ == "__main__":
    main()
