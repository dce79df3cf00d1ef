"""The journal: runs and how they ended, and what was read by which parser."""

import json
import os
import subprocess
from datetime import UTC, datetime, timedelta

import pytest

from etl.state.database import StateDatabase
from etl.state.run_log import RunLog
from tests.clocks import NotedClock

AT = datetime(2025, 11, 1, 3, 43, tzinfo=UTC)


@pytest.fixture
def clock():
    """Stands at the stand-in's instant."""
    return NotedClock(AT)


@pytest.fixture
def journal(tmp_path, clock):
    """A journal with nothing in it."""
    state = StateDatabase(tmp_path / "state.db")
    yield RunLog(state, clock)
    state.close()


def test_a_run_is_named_after_its_instant_and_number(journal):
    """Two runs at one instant (MFO_NOW stands still) are two runs."""
    assert journal.begin_run("run-daily", 1) == "20251101T034300Z-1"
    assert journal.begin_run("extract", 2) == "20251101T034300Z-2"


def test_a_run_is_running_until_it_ends(journal, clock):
    """With its pid, and what it did at the end."""
    first, second = journal.begin_run("run-daily", os.getppid()), journal.begin_run("extract", os.getpid())
    clock.set(AT + timedelta(minutes=3))
    journal.end_run(second, "partial", {"extract": {"undone": ["SPY"]}})
    ended, running = journal.runs()
    assert [running[name] for name in ("run_id", "status", "pid", "finished_at")] == [
        *(first, "running", os.getppid(), None)
    ]
    assert (ended["status"], ended["finished_at"]) == ("partial", "2025-11-01T03:46:00+00:00")
    assert json.loads(ended["details"]) == {"extract": {"undone": ["SPY"]}}


def test_a_run_whose_process_is_gone_is_a_failure(journal):
    """kill -9 writes no end: the next run finds the pid gone, or taken by itself, and says that it was killed."""
    process = subprocess.Popen(["true"])
    process.wait()
    gone, reused = journal.begin_run("run-daily", process.pid), journal.begin_run("extract", os.getpid())
    journal.begin_run("run-daily", os.getpid())
    said = {run["run_id"]: (run["status"], run["details"]) for run in journal.runs()}
    assert said[gone] == said[reused] == ("failure", '{"error": "killed"}')


def test_the_newest_runs_come_first(journal, clock):
    """And no more than were asked for."""
    for minutes in range(5):
        clock.set(AT + timedelta(minutes=minutes))
        journal.begin_run(f"command-{minutes}", 1)
    assert [run["command"] for run in journal.runs(2)] == ["command-4", "command-3"]


def test_a_run_with_the_clock_ahead_is_not_the_newest_for_ever(journal, clock):
    """The order is that in which they ran."""
    for days in (400, 0):
        clock.set(AT + timedelta(days=days))
        journal.begin_run(f"{days} days ahead", 1)
    assert [run["command"] for run in journal.runs()] == ["0 days ahead", "400 days ahead"]


def test_a_reading_says_which_parser_read_an_answer(journal):
    """A newer parser's reading takes the place of the older one's."""
    journal.note_readings([(1, "fred", 1, 10, 0), (2, "yahoo", 1, 5, 1)])
    journal.note_readings([(1, "fred", 2, 11, 0)])
    assert journal.read_before() == {1: 2, 2: 1}


def test_files_are_noted_with_their_readings_and_forgotten_with_them(journal):
    """What is noted and not there any more has to be made again."""
    journal.note_readings([(1, "fred", 1, 10, 0)], ["a", "b"])
    journal.note_readings([(2, "fred", 1, 10, 0)], ["b", "c"])
    journal.forget_files(["a"])
    assert journal.files_written() == {"b", "c"}
    journal.forget_readings()
    assert journal.files_written() == set()


def test_forgotten_readings_are_all_read_again(journal):
    """`transform --all`."""
    journal.note_readings([(1, "fred", 1, 10, 0)])
    journal.forget_readings()
    assert journal.read_before() == {}
