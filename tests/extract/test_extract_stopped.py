"""Ctrl-C: once finishes the request in flight and keeps all, twice stops at once; with a slow upstream."""

import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest

from tests.conftest import Mfo, Upstream

SLOW_S = 3.0  # what the stand-in's fault `slow` takes


@pytest.fixture
def upstream(start_upstream: Callable[..., Upstream]) -> Upstream:
    """One whose Yahoo answers nobody in less than three seconds."""
    started = start_upstream()
    started.faults({"provider": "yahoo", "kind": "slow", "times": -1})
    return started


@pytest.fixture
def slow(mfo: Mfo, upstream: Upstream) -> Mfo:
    """`mfo` with that upstream and no key."""
    mfo.env |= upstream.env
    return mfo


def requests(mfo: Mfo, sql: str = "select provider, symbol, verdict from requests order by sequence") -> list[Any]:
    """The ledger's rows, as another process sees them."""
    path = mfo.data_dir / "state.db"
    if not path.is_file():
        return []
    with closing(sqlite3.connect(path, timeout=10)) as db:
        try:
            return db.execute(sql).fetchall()
        except sqlite3.OperationalError:
            return []  # its tables are being made


def in_flight(mfo: Mfo, *arguments: str) -> "subprocess.Popen[str]":
    """A command with a request that is on its way."""
    process = mfo.start(*arguments)
    deadline = time.monotonic() + 60
    while not requests(mfo) and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    time.sleep(0.4)
    assert process.poll() is None, process.communicate()
    return process


EQUITIES = [word for symbol in ("SPY", "QQQ", "IWM", "TLT") for word in ("--symbol", symbol)]


@pytest.mark.parametrize("command", ["extract", "run-daily"])
def test_ctrl_c_once_finishes_the_request_in_flight(slow: Mfo, upstream: Upstream, command: str) -> None:
    """Its answer is kept and good in the ledger, nothing more is asked, exit 130 with a line; the next run goes on."""
    process = in_flight(slow, command, *(EQUITIES if command == "extract" else []))
    process.send_signal(signal.SIGINT)
    at = time.monotonic()
    _, err = process.communicate(timeout=60)
    took = time.monotonic() - at
    assert process.returncode == 130, err
    assert 0.5 < took < SLOW_S + 5, err
    assert "stopping: the request in flight is finished and kept; Ctrl-C again stops at once" in err
    assert err.splitlines()[-1] == "mfo: stopped; the answers that had come are kept"
    assert "Traceback" not in err
    said = requests(slow)
    assert {verdict for provider, _, verdict in said if provider == "yahoo"} == {"ok"}
    assert None not in {verdict for *_, verdict in said}
    assert len(list((slow.data_dir / "lake").rglob("answers/*/*.json"))) == len(said)
    asked = [symbol for provider, symbol, _ in said if provider == "yahoo"]
    assert "fault:slow" in upstream.verdicts()
    upstream.faults()
    assert slow("extract", *EQUITIES).code == 0
    assert not set(asked) & {symbol for provider, symbol, _ in requests(slow)[len(said) :] if provider == "yahoo"}


def test_ctrl_c_twice_stops_at_once(slow: Mfo, upstream: Upstream) -> None:
    """It does not wait for an answer that takes minutes; what was there is whole, and the next run goes on."""
    upstream.faults({"provider": "yahoo", "kind": "timeout", "times": -1})
    process = in_flight(slow, "extract", "--only", "yahoo")
    process.send_signal(signal.SIGINT)
    time.sleep(0.5)
    assert process.poll() is None
    process.send_signal(signal.SIGINT)
    at = time.monotonic()
    _, err = process.communicate(timeout=60)
    assert time.monotonic() - at < 5, err
    assert process.returncode == 130, err
    assert err.splitlines()[-1].startswith("mfo: stopped at once")
    assert "Traceback" not in err
    assert requests(slow, "pragma integrity_check") == [("ok",)]
    upstream.faults()
    assert slow("extract", "--only", "yahoo", "--symbol", "SPY").code == 0


def test_ctrl_c_in_a_wait_for_the_quota_ends_it(slow: Mfo) -> None:
    """Nothing is in flight: the wait of a minute is not waited out, and no call is spent for it."""
    (slow.cwd / "mfo.toml").write_text("[limits.binance]\nspacing_s = 60\n[extract]\ncrypto_minutes_days = 0.1\n")
    process = in_flight(slow, "extract", "--only", "binance")
    time.sleep(1.0)
    before = requests(slow)
    process.send_signal(signal.SIGINT)
    at = time.monotonic()
    _, err = process.communicate(timeout=60)
    assert time.monotonic() - at < 5, err
    assert process.returncode == 130, err
    assert requests(slow) == before
    assert [verdict for *_, verdict in before] == ["ok"]
