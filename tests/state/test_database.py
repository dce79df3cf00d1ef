"""`state.db`: transactions that no other process comes between, on real SQLite."""

import sqlite3
import subprocess
import sys
import threading

import pytest

from etl.errors import FolderUnusable
from etl.state.database import StateDatabase

ADD_FIFTY = """
import sys
from pathlib import Path
from etl.state.database import StateDatabase
state = StateDatabase(Path(sys.argv[1]))
for _ in range(50):
    with state.write() as db:
        found = db.execute("select coalesce(max(rows), 0) from requests").fetchone()[0]
        db.execute("insert into requests (provider, rows) values ('x', ?)", (found + 1,))
state.close()
"""


@pytest.fixture
def state(tmp_path):
    """An open state.db."""
    opened = StateDatabase(tmp_path / "state.db")
    yield opened
    opened.close()


def test_a_block_that_fails_leaves_nothing_behind(state):
    """A transaction is whole or not there, and the next one works."""

    def fail() -> None:
        with state.write() as db:
            db.execute("insert into runs (run_id) values ('half')")
            raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        fail()
    with state.write() as db:
        db.execute("insert into runs (run_id) values ('whole')")
    assert state.rows("select run_id from runs") == [("whole",)]


def test_two_processes_never_read_the_same_state_to_write(tmp_path):
    """Each reads and adds one fifty times: a transaction that began late would lose a count."""
    path = tmp_path / "state.db"
    processes = [subprocess.Popen([sys.executable, "-c", ADD_FIFTY, str(path)]) for _ in range(2)]
    assert [process.wait(60) for process in processes] == [0, 0]
    state = StateDatabase(path)
    assert state.rows("select count(*), count(distinct rows), max(rows) from requests") == [(100, 100, 100)]
    state.close()


def test_threads_share_one_connection(state):
    """The lanes of an extraction all write."""

    def add() -> None:
        for _ in range(25):
            with state.write() as db:
                db.execute("insert into requests (provider) values ('x')")

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert state.rows("select count(*) from requests") == [(100,)]


def test_a_file_that_is_no_database_is_named(tmp_path):
    """The folder is unusable (73); what is in the file stays there."""
    path = tmp_path / "state.db"
    path.write_bytes(b"not a database, and long enough to have a header" * 20)
    with pytest.raises(FolderUnusable, match=r"state\.db: file is not a database"):
        StateDatabase(path)
    assert path.read_bytes().startswith(b"not a database")


def test_a_folder_that_is_not_there_is_said(tmp_path):
    """SQLite makes files, not folders."""
    with pytest.raises(FolderUnusable, match="unable to open"):
        StateDatabase(tmp_path / "nowhere" / "state.db")


def test_sqlites_own_refusal_of_a_write_is_in_our_words(tmp_path):
    """A full disk or a lock that is never let go of is exit 73, not a traceback."""
    path = tmp_path / "state.db"
    state = StateDatabase(path)
    state._db.execute("pragma max_page_count = 1")  # SQLite's own full disk

    def fill() -> None:
        with state.write() as db:
            for number in range(2000):
                db.execute("insert into runs (run_id, details) values (?, ?)", (str(number), "x" * 1000))

    with pytest.raises(FolderUnusable, match="full"):
        fill()
    assert state.rows("select count(*) from runs") == [(0,)]
    state.close()


def test_a_reader_of_another_process_sees_whole_transactions_only(tmp_path, state):
    """WAL: `mfo status` reads while a run writes."""
    other = sqlite3.connect(tmp_path / "state.db")
    with state.write() as db:
        db.execute("insert into runs (run_id) values ('new')")
        assert other.execute("select count(*) from runs").fetchone() == (0,)
    assert other.execute("select count(*) from runs").fetchone() == (1,)
    other.close()


def test_the_first_to_open_a_new_file_may_be_many(tmp_path):
    """SQLite itself says "database is locked" at once where two switch a file to WAL: nobody is told so."""
    for number in range(60):
        start, refused = threading.Barrier(8), []

        def open_it(path=tmp_path / f"{number}.db", start=start, refused=refused):
            start.wait()
            try:
                StateDatabase(path).close()
            except FolderUnusable as error:
                refused.append(error)

        together = [threading.Thread(target=open_it) for _ in range(8)]
        for thread in together:
            thread.start()
        for thread in together:
            thread.join()
        assert refused == []
