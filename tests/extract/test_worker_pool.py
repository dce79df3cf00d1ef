"""Lanes: side by side by provider, one item from lane to lane, and every end of the work an end of all threads."""

import threading
import time

import pytest

from etl.errors import FolderUnusable, Stopped
from etl.extract.worker_pool import ProviderPool
from etl.runtime.clock import Clock

WIDTHS = {"fast": 2, "slow": 1}


@pytest.fixture
def lanes():
    """Two lanes."""
    return ProviderPool(Clock())


def test_every_item_is_worked_on_and_may_move_to_another_lane(lanes):
    """What one provider cannot, the next one is asked for; the run ends when no lane holds an item."""
    done = []

    def work(name, item):
        done.append((name, item))
        if name == "fast" and item % 2:
            lanes.put("slow", item)

    for item in range(6):
        lanes.put("fast", item)
    lanes.run(WIDTHS, work)
    assert sorted(done) == sorted([("fast", n) for n in range(6)] + [("slow", n) for n in (1, 3, 5)])


def test_lanes_do_not_wait_for_each_other(lanes):
    """The fast lane is through while the slow one has one item."""
    order = []

    def work(name, item):
        time.sleep(0.2 if name == "slow" else 0.0)
        order.append(name)

    lanes.put("slow", 0)
    for item in range(5):
        lanes.put("fast", item)
    lanes.run(WIDTHS, work)
    assert order == ["fast"] * 5 + ["slow"]


def test_there_is_time_for_other_work_while_the_slow_lane_waits(lanes):
    """Called once, in the calling thread, when most items are done and before the last one is."""
    told, release, seen = [], threading.Event(), []

    def work(name, item):
        if name == "slow":
            release.wait(5)
        told.append(name)

    def meanwhile():
        seen.append((threading.current_thread() is threading.main_thread(), list(told)))
        release.set()

    lanes.put("slow", 0)
    for item in range(9):
        lanes.put("fast", item)
    lanes.run(WIDTHS, work, meanwhile)
    ((in_main, before),) = seen
    assert in_main
    assert set(before) == {"fast"}
    assert len(told) == 10


def test_an_error_of_the_other_work_ends_the_lanes_before_it_is_raised(lanes):
    """A full disk met while transforming: no thread goes on behind a closed ledger."""

    def meanwhile():
        raise FolderUnusable("the disk is full")

    clock = Clock()
    lanes = ProviderPool(clock)
    ended = []

    def work(name, item):
        if name == "slow":
            try:
                clock.sleep(30)
            finally:
                ended.append(name)

    lanes.put("slow", 0)
    for item in range(9):
        lanes.put("fast", item)
    started = time.monotonic()
    with pytest.raises(FolderUnusable, match="the disk is full"):
        lanes.run(WIDTHS, work, meanwhile)
    assert ended == ["slow"]
    assert time.monotonic() - started < 10


def test_an_error_in_a_lane_ends_all_of_them(lanes):
    """And is raised where they were started; what was queued is not begun."""
    begun = []

    def work(name, item):
        begun.append(item)
        raise ZeroDivisionError("a bug")

    for item in range(50):
        lanes.put("slow", item)
    with pytest.raises(ZeroDivisionError, match="a bug"):
        lanes.run(WIDTHS, work)
    assert begun == [0]
    assert not [thread for thread in threading.enumerate() if thread.name.startswith(("slow", "fast"))]


def test_a_stop_passes_through(lanes):
    """A lane that was stopped in a wait says so."""

    def work(name, item):
        raise Stopped("stopped")

    lanes.put("fast", 0)
    with pytest.raises(Stopped):
        lanes.run(WIDTHS, work)
