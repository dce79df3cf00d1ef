"""`mfo backfill` as processes: killed at random moments, and two of them on one data folder."""

import json
import random
import signal
import sqlite3
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.conftest import Mfo, Upstream

LAST = datetime(2025, 11, 1, 3, 43, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
LIMIT, WINDOW_S = 100, 3
CONFIG = f"""
[universe]
stocks = ["L0001USDT", "L0002USDT"]
series = ["DGS10"]
[universe.regions]
USA = ["SPY"]
[universe.asset_classes]
Crypto = ["BTCUSDT"]
Cash = ["BIL"]
[limits.binance]
weight = {LIMIT}
weight_window_s = {WINDOW_S}
"""
Name = tuple[str, str, str]


@pytest.fixture(scope="module")
def upstream(start_upstream: Callable[..., Upstream]) -> Upstream:
    """A stand-in that counts weight in short windows."""
    return start_upstream("--weight-limit", str(LIMIT), "--weight-window", str(WINDOW_S))


@pytest.fixture
def alone(upstream: Upstream, tmp_path: Path) -> Mfo:
    """An empty data folder, and nothing asked yet."""
    upstream.reset()
    config = tmp_path / "mfo.toml"
    config.write_text(CONFIG)
    return Mfo(tmp_path / "data", {**upstream.env, "MFO_CONFIG": str(config)})


def named(provider: str, path: str, params: dict[str, str]) -> Name:
    """What names a request at the stand-in, in the ledger and in the lake."""
    return provider, path.removeprefix(f"/{provider}"), json.dumps(params, sort_keys=True)


def given(upstream: Upstream) -> Counter[Name]:
    """How often each answer was given."""
    return Counter(named(e["provider"], e["path"], e["query"]) for e in upstream.log() if e["verdict"] == "ok")


def answers(mfo: Mfo) -> list[Path]:
    """The sidecars in the lake."""
    return list(mfo.data_dir.glob("lake/*/answers/*/*.json"))


def kept(mfo: Mfo) -> Counter[Name]:
    """How often each answer is in the lake."""
    sidecars = [json.loads(path.read_bytes()) for path in answers(mfo)]
    return Counter(named(s["provider"], s["path"], dict(s["params"])) for s in sidecars if s["provider"] != "mfo")


def cut_short(mfo: Mfo) -> Counter[Name]:
    """The requests that a kill left without an end in the ledger."""
    con = sqlite3.connect(mfo.data_dir / "state.db")
    try:
        rows = con.execute("select provider, path, params from requests where verdict is null").fetchall()
    finally:
        con.close()
    return Counter(named(provider, path, json.loads(params)) for provider, path, params in rows)


def minutes_of(mfo: Mfo, symbol: str, first: datetime) -> tuple[Any, ...]:
    """(bars, minutes that they are of) of a symbol in the lake, and how many minutes have closed since `first`."""
    (row,) = mfo.rows(
        "select count(*) as bars, count(distinct opened_at) as minutes from lake.bars "
        f"where symbol = '{symbol}' and interval = '1m'"
    )
    return row["bars"], row["minutes"], (LAST - first) // MINUTE


def killed(mfo: Mfo, chance: random.Random, arguments: tuple[str, ...]) -> bool:
    """Start a backfill and kill it after some answers, or seconds where few are left; False where it ended before."""
    enough, ends_at = len(answers(mfo)) + chance.randint(1, 30), time.monotonic() + chance.uniform(3.0, 6.0)
    process = mfo.start(*arguments)
    while process.poll() is None and len(answers(mfo)) < enough and time.monotonic() < ends_at:
        time.sleep(0.01)
    was_running = process.poll() is None
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=60)
    return was_running


@pytest.mark.parametrize(
    ("kills", "first"),
    [
        (2, datetime(2025, 9, 25, tzinfo=UTC)),
        pytest.param(15, datetime(2024, 9, 1, tzinfo=UTC), marks=pytest.mark.soak),
    ],
    ids=["a sample", "the whole soak"],
)
def test_a_backfill_that_is_killed_goes_on_where_it_was(
    alone: Mfo, upstream: Upstream, kills: int, first: datetime
) -> None:
    """What was kept is not asked for again, and in the end no minute is missing and none is there twice."""
    chance = random.Random(20251101)
    asked = ("backfill", "L0001USDT", "--from", f"{first:%Y-%m-%d}")
    assert sum(killed(alone, chance, asked) for _ in range(kills)) >= kills / 2
    said = alone(*asked)
    assert said.code == 0, said.err
    again = {name: n for name, n in given(upstream).items() if n > 1}
    flying = cut_short(alone)
    assert {name: n for name, n in again.items() if n > 1 + flying[name] and not name[1].endswith(".CHECKSUM")} == {}
    assert {n: times for n, times in given(upstream).items() if times > kept(alone)[n] + flying[n]} == {}
    bars, minutes, expected = minutes_of(alone, "L0001USDT", first)
    assert (bars, minutes) == (expected, expected)


def test_two_backfills_share_one_weight_window(alone: Mfo, upstream: Upstream) -> None:
    """REST alone, side by side: no request is refused, every answer is kept, and who came second says so."""
    first = datetime(2025, 10, 12, tzinfo=UTC)
    rest = ("--from", f"{first:%Y-%m-%d}", "--only", "binance")
    running = [alone.start("backfill", symbol, *rest) for symbol in ("L0001USDT", "L0002USDT")]
    words = [process.communicate(timeout=120)[1] for process in running]
    assert [process.returncode for process in running] == [0, 0], words
    log = [entry for entry in upstream.log() if entry["provider"] == "binance"]
    # the server's own verdict: the window that its log names is the one in which the line was written
    assert [entry for entry in log if entry["verdict"] != "ok"] == []
    assert sum(entry["weight"] for entry in log) > LIMIT
    assert given(upstream) == kept(alone)
    said = alone("transform")  # where one held the lock, the other left its part to the next run
    assert said.code == 0, said.err
    rows = duckdb.sql(
        f"select symbol, count(*), count(distinct opened_at) from '{alone.data_dir}/parquet/bars/binance/*.parquet' "
        "group by symbol order by symbol"
    ).fetchall()
    expected = (LAST - first) // MINUTE
    assert rows == [(symbol, expected, expected) for symbol in ("L0001USDT", "L0002USDT")]
