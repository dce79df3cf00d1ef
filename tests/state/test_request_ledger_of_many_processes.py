"""The ledger that several processes share: one spacing and one day for all of them, and what a kill leaves."""

import json
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from itertools import pairwise

import pytest

from etl.domain import Limits, Request
from etl.state.database import StateDatabase
from etl.state.request_ledger import RequestLedger
from tests.clocks import NotedClock

AT = datetime(2025, 11, 1, 3, 43, tzinfo=UTC)
SPY = Request("alpha_vantage", "equity_daily", "SPY", "/query", (("symbol", "SPY"),))

RESERVE = """
import json, sys, time
from pathlib import Path
from etl.domain import Limits, Request
from etl.runtime.clock import Clock
from etl.state.request_ledger import RequestLedger
from etl.state.database import StateDatabase

path, count, spacing_s = Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
state, clock = StateDatabase(path), Clock()
ledger = RequestLedger(state, clock)
request, limits = Request("alpha_vantage", "equity_daily", "SPY", "/query"), Limits(spacing_s=spacing_s)
for _ in range(count):
    ledger.reserve(request, limits, "run-1")
    print(json.dumps(time.monotonic()), flush=True)
state.close()
"""


def reserved_at(path, processes: int, count: int, spacing_s: float) -> list[float]:
    """The machine's seconds at which several processes got their turns, in order."""
    command = [sys.executable, "-c", RESERVE, str(path), str(count), str(spacing_s)]
    started = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(processes)]
    said = [process.communicate(timeout=120)[0] for process in started]
    assert [process.returncode for process in started] == [0] * processes
    return sorted(json.loads(line) for text in said for line in text.splitlines())


@pytest.mark.parametrize(
    ("processes", "count", "spacing_s"),
    [pytest.param(3, 8, 0.08, id="many"), pytest.param(2, 2, 1.1, id="at Alpha Vantage's true spacing")],
)
def test_processes_keep_one_spacing_between_them(tmp_path, processes, count, spacing_s):
    """`run-daily` and a backfill share a key: together they stay within its pace."""
    turns = reserved_at(tmp_path / "state.db", processes, count, spacing_s)
    assert len(turns) == processes * count
    # what is measured is when the loop went on after a turn, so that a busy machine may blur it a little
    blur = 0.04
    assert min(later - earlier for earlier, later in pairwise(turns)) >= spacing_s - blur
    assert turns[-1] - turns[0] >= (len(turns) - 1) * spacing_s - blur


def test_processes_share_one_day(tmp_path):
    """Four processes ask for 10 each; 25 are reserved in all and no sequence twice."""
    script = RESERVE.replace("Limits(spacing_s=spacing_s)", "Limits(per_day=25, day_zone='US/Eastern')")
    command = [sys.executable, "-c", script, str(tmp_path / "state.db"), "10", "0"]
    started = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(4)]
    said = [process.communicate(timeout=120) for process in started]
    assert sum(len(out.splitlines()) for out, _ in said) == 25
    assert any("LedgerQuotaExhausted" in err for _, err in said)
    state = StateDatabase(tmp_path / "state.db")
    assert state.rows("select count(*), count(distinct sequence) from requests") == [(25, 25)]
    state.close()


def test_a_killed_process_leaves_a_usable_ledger_that_counts_its_requests(tmp_path):
    """kill -9 in the middle of reserving: every request that went out is counted, at most one more, and it goes on."""
    path = tmp_path / "state.db"
    said = 0
    for round_ in range(4):
        process = subprocess.Popen(
            [sys.executable, "-c", RESERVE, str(path), "1000000", "0"], stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(5 + 3 * round_)]
        os.kill(process.pid, signal.SIGKILL)
        lines += process.stdout.readlines()
        process.wait(30)
        process.stdout.close()
        said += sum(line.endswith("\n") for line in lines)
    state = StateDatabase(path)
    counted = state.rows("select count(*), count(distinct sequence), max(sequence) from requests")[0]
    assert state.rows("pragma integrity_check") == [("ok",)]
    assert said <= counted[0] <= said + 4
    assert counted[0] == counted[1] == counted[2]
    assert RequestLedger(state, NotedClock(AT)).reserve(SPY, Limits(), "run-2") == counted[2] + 1
    state.close()


def test_a_killed_process_blocks_nobody(tmp_path):
    """One that dies inside its transaction leaves no lock."""
    path = tmp_path / "state.db"
    script = (
        "import sys, os, signal\nfrom pathlib import Path\nfrom etl.state.database import StateDatabase\n"
        "with StateDatabase(Path(sys.argv[1])).write() as db:\n"
        "    db.execute(\"insert into requests (provider) values ('x')\")\n    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    assert subprocess.run([sys.executable, "-c", script, str(path)], timeout=60).returncode == -signal.SIGKILL
    started = time.monotonic()
    state = StateDatabase(path)
    assert RequestLedger(state, NotedClock(AT)).reserve(SPY, Limits(), "run-1") == 1
    assert time.monotonic() - started < 10
    state.close()
