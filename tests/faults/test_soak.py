"""Two processes on one data folder that are killed at random: `make soak` for 60 s, a sample in every run."""

import json
import random
import signal
import sqlite3
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Mfo, Upstream
from tests.faults.folders import KEYS

SAMPLE_S, SOAK_S = 8.0, 60.0
SECRETS = ("apikey", "api_key")
# the limits are the true ones but for the day of Alpha Vantage, and a weight window that is short enough to be met;
# the spacing leaves a fifth of a second more to a busy machine, on which requests arrive later than they were sent
UPSTREAM = ("--av-per-day", "100000", "--weight-limit", "600", "--weight-window", "10")
CONFIG = """
[universe]
stocks = ["QQQ"]
series = ["SP500", "DGS10", "UNRATE"]
[universe.regions]
USA = ["SPY"]
[universe.asset_classes]
Crypto = ["BTCUSDT", "ETHUSDT"]
Cash = ["BIL"]
[limits.alpha_vantage]
per_day = 100000
spacing_s = 1.3
[limits.fred]
spacing_s = 0.75
[limits.binance]
weight = 600
weight_window_s = 10
[extract]
history_from = 2025-06-01
macro_from = 2025-06-01
crypto_daily_from = 2025-06-01
"""
COMMANDS = (("extract", "--force"), ("run-daily", "--no-llm", "--force"))
LOCKED = 75  # the other one was first


@dataclass
class Worker:
    """Starts commands one after the other until the end, and kills most of them on the way."""

    mfo: Mfo
    chance: random.Random
    ends_at: float
    killed: int = 0
    codes: Counter[int] = field(default_factory=Counter)
    said: list[str] = field(default_factory=list)

    def work(self) -> None:
        """One worker's life."""
        while time.monotonic() < self.ends_at:
            process = self.mfo.start(*self.chance.choice(COMMANDS))
            try:
                _, err = process.communicate(timeout=self.chance.uniform(0.7, 7.0))
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
                process.communicate(timeout=60)
                self.killed += 1
            else:
                self.codes[process.returncode] += 1
                if process.returncode not in (0, LOCKED):
                    self.said.append(err)


def asked_for(provider: str, params: Mapping[str, str]) -> tuple[str, tuple[tuple[str, str], ...]]:
    """What names a request at the upstream as in the ledger and the lake: its parameters without the key."""
    return provider, tuple(sorted((name, value) for name, value in params.items() if name not in SECRETS))


def kept_and_in_flight(data_dir: Path) -> tuple[Counter[Any], Counter[Any]]:
    """The answers in the lake, and the ledger's requests that a kill left without an end."""
    kept, in_lake = Counter[Any](), set()
    for path in data_dir.glob("lake/*/answers/*/*.json"):
        sidecar = json.loads(path.read_bytes())
        if sidecar["provider"] != "mfo":
            kept[asked_for(sidecar["provider"], dict(sidecar["params"]))] += 1
            in_lake.add(sidecar["sequence"])
    con = sqlite3.connect(data_dir / "state.db")
    try:
        rows = con.execute(
            "select sequence, provider, params, verdict from requests where provider <> 'mfo'"
        ).fetchall()
    finally:
        con.close()
    assert in_lake <= {row[0] for row in rows}
    assert {row[0] for row in rows if row[3] == "ok"} <= in_lake
    flying = [row for row in rows if row[3] is None and row[0] not in in_lake]
    return kept, Counter(asked_for(provider, json.loads(params)) for _, provider, params, _ in flying)


def soak(mfo: Mfo, upstream: Upstream, seconds: float, seed: int) -> list[Worker]:
    """Two workers for so long; then one run that nobody kills."""
    ends_at = time.monotonic() + seconds
    workers = [Worker(mfo, random.Random(seed + n), ends_at) for n in range(2)]
    threads = [threading.Thread(target=worker.work) for worker in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    said = mfo("run-daily", "--no-llm", "--force")
    assert said.code == 0, said.err
    return workers


def assert_nothing_was_lost(mfo: Mfo, upstream: Upstream) -> None:
    """
    Every answer that the upstream gave is in the lake, or its request is counted as in flight at a kill.

    No row is in the warehouse twice, and `mfo maintain` finds every answer whole.
    """
    given = Counter(asked_for(e["provider"], e["query"]) for e in upstream.log() if e["verdict"] == "ok")
    kept, flying = kept_and_in_flight(mfo.data_dir)
    assert {name: n for name, n in given.items() if n > kept[name] + flying[name]} == {}
    assert {name: n for name, n in kept.items() if n > given[name]} == {}
    for relation, key in (("bars", "symbol, interval, opened_at, source"), ("observations", "series_id, date, source")):
        same = f"select {key} from lake.{relation} group by all having count(*) > 1"
        assert mfo.rows(same) == [], f"at an instant that stands still no row of lake.{relation} has two versions"
    assert mfo.rows("select symbol, trade_date from daily_prices group by all having count(*) > 1") == []
    said = mfo("maintain")
    assert said.code == 0, said.err
    assert "0 left-overs" in mfo("maintain").err


@pytest.fixture
def alone(start_upstream: Callable[..., Upstream], tmp_path: Path) -> tuple[Mfo, Upstream]:
    """A stand-in that counts in real time, and a data folder."""
    upstream = start_upstream(*UPSTREAM)
    config = tmp_path / "mfo.toml"
    config.write_text(CONFIG)
    env = {name: value for name, value in upstream.env.items() if name != "OPENAI_BASE_URL"}
    return Mfo(tmp_path / "data", {**env, **KEYS, "MFO_CONFIG": str(config)}), upstream


@pytest.mark.parametrize(
    "seconds", [SAMPLE_S, pytest.param(SOAK_S, marks=pytest.mark.soak)], ids=["a sample", "the whole soak"]
)
def test_kills_break_no_limit_and_lose_no_answer(alone: tuple[Mfo, Upstream], seconds: float) -> None:
    """Two processes that are killed again and again: no `limit:` verdict, no answer lost, no row twice."""
    mfo, upstream = alone
    workers = soak(mfo, upstream, seconds, seed=20251101)
    assert sum(worker.killed for worker in workers) >= seconds / 10
    assert [said for worker in workers for said in worker.said] == []
    log = upstream.log()
    assert [entry for entry in log if entry["verdict"].startswith("limit:")] == []
    assert len(log) > seconds
    assert_nothing_was_lost(mfo, upstream)
