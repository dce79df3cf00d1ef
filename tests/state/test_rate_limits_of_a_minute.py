"""A provider's minute: any 60 seconds, kept by all processes together, whatever a request's way there took."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from etl.domain import Limits, Request
from etl.errors import LedgerQuotaExhausted
from etl.providers import PROVIDERS
from etl.state.rate_limits import IN_FLIGHT_S, MINUTE_S

AT = datetime(2025, 11, 1, 3, 43, tzinfo=UTC)
SPY = Request("twelve_data", "equity_daily", "SPY", "/time_series", (("symbol", "SPY"),))
FREE = PROVIDERS["twelve_data"].limits
EIGHT = 8

TAKE = """
import random, sys, time, urllib.request
from pathlib import Path
from etl.domain import Limits, Request
from etl.state import rate_limits as minutes
from etl.runtime.clock import Clock
from etl.state.request_ledger import RequestLedger
from etl.state.database import StateDatabase

path, root, count, most, minute = Path(sys.argv[1]), sys.argv[2], *map(float, sys.argv[3:6])
minutes.MINUTE_S, minutes.IN_FLIGHT_S = minute, minute / 2
state = StateDatabase(path)
ledger = RequestLedger(state, Clock())
for _ in range(int(count)):
    sequence = ledger.reserve(
        Request("twelve_data", "equity_daily", "SPY", "/time_series"), Limits(per_minute=int(most)), "run-1"
    )
    time.sleep(random.random() * minute / 10)  # the way there
    urllib.request.urlopen(root).read()
    ledger.close(sequence, "ok")
state.close()
"""


def take(ledger, clock, answered_after: float = 0.0) -> int:
    """One request, and its answer so many seconds later."""
    sequence = ledger.reserve(SPY, FREE, "run-1")
    clock.seconds += answered_after
    ledger.close(sequence, "ok")
    return sequence


def test_a_minutes_calls_go_at_once_and_the_next_waits_for_its_end(ledger, clock):
    """Eight of Twelve Data's; the ninth comes a minute after the first was answered."""
    assert FREE.per_minute == EIGHT
    for _ in range(EIGHT):
        take(ledger, clock, 0.25)
    assert clock.waits == []
    take(ledger, clock)
    assert clock.waits == pytest.approx([MINUTE_S - 0.25 * (EIGHT - 1)])


def test_the_minute_begins_where_the_answer_came(ledger, clock):
    """The server had the request some time before that, nobody knows when: the latest instant counts."""
    take(ledger, clock, 5.0)
    for _ in range(EIGHT):
        take(ledger, clock)
    assert clock.waits == pytest.approx([MINUTE_S])


def test_a_request_in_flight_keeps_its_place(ledger, clock):
    """It may reach the server yet; that of a killed process is given up half a minute later."""
    for _ in range(EIGHT):
        ledger.reserve(SPY, FREE, "run-1")
    ledger.reserve(SPY, FREE, "run-1")
    assert clock.waits == pytest.approx([MINUTE_S + IN_FLIGHT_S])


def test_the_window_slides_with_its_requests(ledger, clock):
    """Eight at the end of one minute and eight at the begin of the next would be sixteen in a few seconds."""
    clock.seconds += 55
    for _ in range(2 * EIGHT):
        take(ledger, clock)
    assert clock.waits == pytest.approx([MINUTE_S])


def test_what_is_past_is_forgotten(ledger, clock, state):
    """The table holds a minute and no year."""
    for _ in range(50):
        take(ledger, clock, 20.0)
    assert clock.waits == []
    assert state.rows("select count(*) < 10 from turns") == [(1,)]


def test_another_boots_minute_means_nothing(ledger, clock, state):
    """Its seconds were those of another clock."""
    for _ in range(EIGHT):
        take(ledger, clock)
    with state.write() as db:
        db.execute("update turns set boot = 'an earlier one', at = 900000")
    take(ledger, clock)
    assert clock.waits == []
    assert state.rows("select count(*) from turns") == [(1,)]


def test_a_minute_from_after_now_means_nothing(ledger, clock):
    """A monotonic clock that began anew where nothing names the boot."""
    for _ in range(EIGHT):
        take(ledger, clock)
    clock.seconds -= 900
    take(ledger, clock)
    assert clock.waits == []


def test_a_minute_does_not_concern_other_providers(ledger, clock):
    """Nor those without a limit of that kind."""
    for _ in range(EIGHT):
        take(ledger, clock)
    ledger.reserve(Request("alpaca", "equity_daily", "SPY", "/v2/stocks/bars"), PROVIDERS["alpaca"].limits, "run-1")
    ledger.reserve(Request("fred", "macro", "DGS10", "/x"), Limits(), "run-1")
    assert clock.waits == []


def test_a_spent_day_is_said_before_a_minute_is_waited_for(ledger, clock):
    """Waiting would not help."""
    limits = Limits(per_day=2, per_minute=2)
    for _ in range(2):
        ledger.reserve(SPY, limits, "run-1")
    with pytest.raises(LedgerQuotaExhausted):
        ledger.reserve(SPY, limits, "run-1")
    assert clock.waits == []


def test_a_shorter_block_does_not_cut_a_longer_one(ledger, clock):
    """Two lanes are told to wait, 30 s and 5 s: both wait for 30."""
    ledger.reserve(SPY, Limits(), "run-1")
    ledger.block("twelve_data", 30)
    ledger.block("twelve_data", 5)
    ledger.reserve(SPY, Limits(), "run-1")
    assert clock.waits == pytest.approx([30])


def test_who_is_in_flight_at_midnight_counts_in_both_days(ledger, clock):
    """The provider counted it in one of them, and nobody knows in which."""
    limits = Limits(per_day=2, day_zone="US/Eastern")
    midnight = datetime(2025, 11, 1, 4, tzinfo=UTC)
    clock.set(midnight - timedelta(seconds=1))
    first, second = (ledger.reserve(SPY, limits, "run-1") for _ in range(2))
    ledger.close(first, "ok")
    clock.set(midnight + timedelta(seconds=1))
    ledger.close(second, "ok")
    assert ledger.used_today("twelve_data", limits) == 1
    ledger.reserve(SPY, limits, "run-1")
    with pytest.raises(LedgerQuotaExhausted):
        ledger.reserve(SPY, limits, "run-1")


# several processes


class Server:
    """Notes when each request reaches it, and answers after a while."""

    def __init__(self) -> None:
        self.arrivals: list[float] = []
        self.answer_after_s = 0.0
        noted = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                noted.arrivals.append(time.monotonic())
                time.sleep(noted.answer_after_s)
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.root = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def most_in(self, seconds: float) -> int:
        """The largest number of requests that any window of so many seconds saw."""
        at = sorted(self.arrivals)
        return max(sum(start <= other < start + seconds for other in at) for start in at)

    def stop(self) -> None:
        """End it."""
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def server() -> Iterator[Server]:
    """A provider that counts."""
    started = Server()
    yield started
    started.stop()


def start(path, server: Server, count: int, most: int, minute: float) -> "subprocess.Popen[bytes]":
    """A process that asks so often."""
    return subprocess.Popen(
        [sys.executable, "-c", TAKE, str(path), server.root, *(json.dumps(x) for x in (count, most, minute))]
    )


def test_processes_share_a_minute(tmp_path, server):
    """Three that ask for twelve each, five allowed in each `minute` of 2 s: never six, and nearly always five."""
    started = [start(tmp_path / "state.db", server, 12, 5, 2.0) for _ in range(3)]
    assert [process.wait(120) for process in started] == [0, 0, 0]
    assert len(server.arrivals) == 36
    assert server.most_in(2.0) == 5
    whole_minutes = 36 // 5 - 1
    assert max(server.arrivals) - min(server.arrivals) < 1.35 * 2.0 * (whole_minutes + 1)


def test_a_killed_process_leaves_its_calls_of_the_minute(tmp_path, server):
    """Killed with requests at the server that nobody will close: those who go on count them."""
    server.answer_after_s = 0.3
    path = tmp_path / "state.db"
    for _ in range(4):
        doomed = [start(path, server, 1000, 5, 2.0) for _ in range(3)]
        seen = len(server.arrivals)
        deadline = time.monotonic() + 30
        while len(server.arrivals) < seen + 3 and time.monotonic() < deadline:
            time.sleep(0.01)
        for process in doomed:
            process.kill()
            process.wait(30)
    assert start(path, server, 6, 5, 2.0).wait(120) == 0
    assert len(server.arrivals) >= 18
    assert server.most_in(2.0) <= 5


@pytest.mark.soak  # a whole minute; shorter ones of the same kind run each time
def test_twelve_datas_true_minute_is_kept_by_two_processes(tmp_path, server):
    """Eight at once and two a minute later, at the real limit."""
    started = [start(tmp_path / "state.db", server, 5, EIGHT, MINUTE_S) for _ in range(2)]
    assert [process.wait(200) for process in started] == [0, 0]
    assert len(server.arrivals) == 10
    assert server.most_in(60.0) == EIGHT
