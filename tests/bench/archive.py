"""
A year of minutes of two symbols from the archive: candles a second and a core, memory, and peers' downloads beside.

    .venv/bin/python -m tests.bench.archive

Every zip is asked for once before, so that the stand-in serves it from memory. What a core does a second is counted
beyond a first day, which pays for the start of the process and its imports. The peers are in `peers`.
"""

import fcntl
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from etl.domain import CRYPTO_1M, DataRequest
from etl.providers import PROVIDERS
from tests.bench import peers
from tests.bench.upstream import SYMBOLS, Measured, StandIn, mfo, stand_in, watched

FIRST, LAST, DAYS = datetime(2024, 10, 1, tzinfo=UTC), datetime(2025, 10, 1, tzinfo=UTC), 365
CANDLES = len(SYMBOLS) * DAYS * 1440
ASKED = ("backfill", "both", "--from", "2024-10-01", "--to", "2025-09-30")
ONE_DAY, A_DAY = ("backfill", "both", "--from", "2025-09-30", "--to", "2025-09-30"), len(SYMBOLS) * 1440
A_CORE, MOST_MB, TIMES = 0.7e6, 500, 3
PUBLISHED = 210_000  # what a peer says of itself, end to end, on a machine of its own


def main() -> None:
    """Print the figures, each with what is wanted."""
    with stand_in() as upstream, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        now = datetime.fromisoformat(upstream.env["MFO_NOW"])
        for symbol in SYMBOLS:
            for request in PROVIDERS["binance_archive"].plan(DataRequest(CRYPTO_1M, symbol, FIRST, LAST), now):
                upstream.warm(request.path)
        first_day = [fetched_only(folder / "day", upstream, ONE_DAY), mfo(folder / "day", upstream, "transform")]
        fetched = fetched_only(folder / "year", upstream, ASKED)
        typed = mfo(folder / "year", upstream, "transform")
        loaded = mfo(folder / "year", upstream, "load")
        report(fetched, typed, first_day[1], loaded)
        whole(folder / "whole", upstream)
        started_s = sum(ran.wall_s for ran in first_day)
        ours = (CANDLES - A_DAY) / (fetched.wall_s + typed.wall_s - started_s)
        sys.stdout.write("\n".join([*peers.lines(folder, upstream, ours, TIMES), ""]))


def whole(folder: Path, upstream: StandIn) -> None:
    """The same as a user does it: one `mfo backfill`, its start included."""
    folder.mkdir()
    done_at, peak_mb = watched(folder, upstream, *ASKED)
    ours = CANDLES / done_at["transform"]
    sys.stdout.write(
        f"whole    one `mfo backfill`: {done_at['transform']:.1f} s from its start to Parquet, {ours:,.0f} candles a "
        f"second end to end, {ours / PUBLISHED:.1f} times the {PUBLISHED:,} that a peer publishes (wanted {TIMES})\n"
        f"whole    published after {done_at['export']:.1f} s, most memory {peak_mb:.0f} MB (wanted below {MOST_MB})\n"
    )


def fetched_only(folder: Path, upstream: StandIn, asked: tuple[str, ...]) -> Measured:
    """A backfill while another run holds the lock: it fetches, and leaves the rest to be measured alone."""
    (folder / "data").mkdir(parents=True)
    with (folder / "data" / "run.lock").open("a+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return mfo(folder, upstream, *asked)


def report(fetched: Measured, typed: Measured, first_day: Measured, loaded: Measured) -> None:
    """Each step with its speed and its memory."""
    a_core = (CANDLES - A_DAY) / (typed.cpu_s - first_day.cpu_s)
    sys.stdout.write(
        f"archive  {CANDLES:,} candles: fetched and proven in {fetched.wall_s:.1f} s, zip to Parquet in "
        f"{typed.wall_s:.1f} s, loaded and checked in {loaded.wall_s:.1f} s\n"
        f"archive  {a_core:,.0f} candles a second a core from zip to Parquet (wanted {A_CORE:,.0f})\n"
        f"archive  most memory: fetch {fetched.peak_mb:.0f} MB, to Parquet {typed.peak_mb:.0f} MB, load "
        f"{loaded.peak_mb:.0f} MB (wanted below {MOST_MB})\n"
    )


if __name__ == "__main__":
    main()
