"""The data folder and its run lock: one run at a time, and a kill lets go."""

import os
import signal
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from etl.errors import FolderUnusable, RunLocked, Stopped
from etl.runtime.data_dir import DataDir
from tests.clocks import NotedClock

AT = datetime(2025, 11, 1, 3, 43, tzinfo=UTC)
HOLD = """
import sys, time
from datetime import UTC, datetime
from pathlib import Path
from etl.runtime.clock import Clock
from etl.runtime.data_dir import DataDir
with DataDir(Path(sys.argv[1])).run_lock(Clock(datetime(2025, 11, 1, 3, 43, tzinfo=UTC))):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def folder(tmp_path):
    """A data folder."""
    made = DataDir(tmp_path / "data")
    made.make()
    return made


@pytest.fixture
def holder(folder):
    """Another process that holds the run lock."""
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(folder.root)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.communicate(timeout=30)


def test_a_missing_folder_is_made_with_what_belongs_in_it(tmp_path):
    """The first run needs no setting up; the warehouse comes when there is one."""
    DataDir(tmp_path / "a" / "b").make()
    assert sorted(path.name for path in (tmp_path / "a" / "b").iterdir()) == ["cache", "lake", "logs", "parquet"]


def test_making_a_folder_twice_changes_nothing(folder):
    """Every command does it."""
    (folder.lake / "x").write_bytes(b"kept")
    folder.make()
    assert (folder.lake / "x").read_bytes() == b"kept"


def test_a_folder_that_cannot_be_made_is_said(tmp_path):
    """73, with the folder and what to set."""
    (tmp_path / "data").write_bytes(b"a file")
    with pytest.raises(FolderUnusable, match=r"data: cannot be written: .*; set MFO_DATA_DIR"):
        DataDir(tmp_path / "data").make()


def test_a_full_disk_is_said_before_a_run_begins(folder):
    """The probe is refused as a full disk refuses it."""
    (folder.root / f".probe.{os.getpid()}").symlink_to("/dev/full")
    with pytest.raises(FolderUnusable, match="the disk is full"):
        folder.make()


def test_a_second_run_is_told_who_holds_the_lock(folder, holder):
    """75, at once, with the pid and since when."""
    who = rf"pid {holder.pid}, since 2025-11-01T03:43:00"
    with pytest.raises(RunLocked, match=who), folder.run_lock(NotedClock(AT)):
        pytest.fail("two runs at once")


def test_a_killed_run_lets_go_of_the_lock(folder, holder):
    """The kernel does it, however the run ended: no lock file has to be deleted by hand."""
    os.kill(holder.pid, signal.SIGKILL)
    holder.wait(30)
    with folder.run_lock(NotedClock(AT)):
        assert str(os.getpid()) in (folder.root / "run.lock").read_text()


def test_the_lock_is_free_after_a_run_that_failed(folder):
    """An error inside passes through."""
    with pytest.raises(KeyError), folder.run_lock(NotedClock(AT)):
        raise KeyError("x")
    with folder.run_lock(NotedClock(AT)):
        held = True
    assert held


def test_a_holder_that_has_not_said_who_it_is_yet_is_still_a_holder(folder, holder):
    """The moment between taking the lock and writing the pid."""
    (folder.root / "run.lock").write_text("")
    with pytest.raises(RunLocked, match="pid unknown"), folder.run_lock(NotedClock(AT)):
        pytest.fail("two runs at once")


def test_a_run_that_waits_goes_on_when_the_other_one_ends(folder, holder):
    """Cron starts both in one minute: the daily run says once for whom it waits, and is not lost."""
    told = []

    class UntilItEnds(NotedClock):
        """The other run ends during the third wait."""

        def sleep(self, seconds: float) -> None:
            super().sleep(seconds)
            if len(self.waits) == 3:
                holder.kill()
                holder.wait(30)

    clock = UntilItEnds(AT)
    with folder.run_lock(clock, 600.0, told.append):
        assert len(clock.waits) == 3
    assert [line.split("; ")[1] for line in told] == ["waiting for it, at most 10 minutes"]
    assert f"pid {holder.pid}, since 2025-11-01T03:43:00" in told[0]


def test_a_run_waits_no_longer_than_it_may(folder, holder):
    """Ten minutes of waits and not one more, then 75 with who holds the lock."""
    clock = NotedClock(AT)
    with pytest.raises(RunLocked, match=rf"after 10 minutes: pid {holder.pid}, since"), folder.run_lock(clock, 600.0):
        pytest.fail("two runs at once")
    assert sum(clock.waits) == 600.0


def test_a_run_that_is_stopped_while_it_waits_ends(folder, holder):
    """Ctrl-C does not wait for the other run."""
    clock = NotedClock(AT)
    clock.stop()
    with pytest.raises(Stopped), folder.run_lock(clock, 600.0):
        pytest.fail(f"two runs at once, the other one is {holder.pid}")
