"""The data folder and its run lock: one run at a time, and a kill lets go."""

import os
import signal
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from etl.errors import FolderUnusable, RunLocked
from etl.stores.folder import Folder

AT = datetime(2025, 11, 1, 3, 43, tzinfo=UTC)
HOLD = """
import sys, time
from datetime import UTC, datetime
from pathlib import Path
from etl.stores.folder import Folder
with Folder(Path(sys.argv[1])).run_lock(datetime(2025, 11, 1, 3, 43, tzinfo=UTC)):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def folder(tmp_path):
    """A data folder."""
    made = Folder(tmp_path / "data")
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
    Folder(tmp_path / "a" / "b").make()
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
        Folder(tmp_path / "data").make()


def test_a_full_disk_is_said_before_a_run_begins(folder):
    """The probe is refused as a full disk refuses it."""
    (folder.root / f".probe.{os.getpid()}").symlink_to("/dev/full")
    with pytest.raises(FolderUnusable, match="the disk is full"):
        folder.make()


def test_a_second_run_is_told_who_holds_the_lock(folder, holder):
    """75, at once, with the pid and since when."""
    with pytest.raises(RunLocked, match=rf"pid {holder.pid}, since 2025-11-01T03:43:00"), folder.run_lock(AT):
        pytest.fail("two runs at once")


def test_a_killed_run_lets_go_of_the_lock(folder, holder):
    """The kernel does it, however the run ended: no lock file has to be deleted by hand."""
    os.kill(holder.pid, signal.SIGKILL)
    holder.wait(30)
    with folder.run_lock(AT):
        assert str(os.getpid()) in (folder.root / "run.lock").read_text()


def test_the_lock_is_free_after_a_run_that_failed(folder):
    """An error inside passes through."""
    with pytest.raises(KeyError), folder.run_lock(AT):
        raise KeyError("x")
    with folder.run_lock(AT):
        held = True
    assert held


def test_a_holder_that_has_not_said_who_it_is_yet_is_still_a_holder(folder, holder):
    """The moment between taking the lock and writing the pid."""
    (folder.root / "run.lock").write_text("")
    with pytest.raises(RunLocked, match="pid unknown"), folder.run_lock(AT):
        pytest.fail("two runs at once")
