"""The clock that is handed in: an instant that stands still, waits that a stop ends, the demo's jumps."""

import threading
import time
from datetime import UTC, datetime, timedelta

import pytest

from etl.errors import Stopped
from etl.runtime.clock import Clock, JumpingClock

AT = datetime(2025, 11, 1, 3, 43, tzinfo=UTC)


def test_the_instant_of_mfo_now_stands_still():
    """Days, freshness and `fetched_at` come from it, however long the run takes."""
    clock = Clock(AT)
    first = clock.now()
    time.sleep(0.01)
    assert first == clock.now() == AT


def test_without_an_instant_the_clock_is_the_machines_in_utc():
    """Cron's case."""
    now = Clock().now()
    assert now.utcoffset() == timedelta(0)
    assert abs(now - datetime.now(UTC)) < timedelta(seconds=5)


def test_a_standing_instant_does_not_stop_the_seconds_of_spacing():
    """Spacing and time-outs keep to the machine's monotonic clock under MFO_NOW."""
    clock = Clock(AT)
    before = clock.monotonic()
    clock.sleep(0.03)
    assert clock.monotonic() - before >= 0.029


def test_a_stop_ends_a_wait_at_once():
    """Ctrl-C must not wait out a Retry-After."""
    clock = Clock()
    threading.Timer(0.05, clock.stop).start()
    started = time.monotonic()
    with pytest.raises(Stopped):
        clock.sleep(30)
    assert time.monotonic() - started < 5
    assert clock.stopped


def test_after_a_stop_no_wait_begins():
    """Every lane ends at its next wait."""
    clock = Clock()
    clock.stop()
    with pytest.raises(Stopped):
        clock.sleep(0)


def test_a_stop_has_the_exit_code_of_ctrl_c():
    """130, as shells have it."""
    assert Stopped.exit_code == 130


def test_a_negative_wait_is_none():
    """A turn that has come already."""
    started = time.monotonic()
    Clock().sleep(-5)
    assert time.monotonic() - started < 1


def test_the_demos_clock_jumps_over_waits():
    """An hour of pacing takes no time, and the seconds still add up."""
    clock = JumpingClock(AT)
    started, before = time.monotonic(), clock.monotonic()
    for _ in range(100):
        clock.sleep(36)
    assert time.monotonic() - started < 5
    assert clock.monotonic() - before >= 3600
    assert clock.now() == AT


def test_the_demos_clock_stops_too():
    """Ctrl-C in a demo."""
    clock = JumpingClock(AT)
    clock.stop()
    with pytest.raises(Stopped):
        clock.sleep(1)
