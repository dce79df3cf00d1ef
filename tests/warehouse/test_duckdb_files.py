"""The files of a database: what cannot be read is set aside and named, what can be is left alone."""

import errno
import os
import shutil
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import duckdb
import pytest

from etl.errors import DataWrong, FolderUnusable, TryLater
from etl.runtime.files import sweep
from etl.warehouse import duckdb_files
from tests.warehouse.warehouses import held_open

NOW = datetime(2025, 11, 1, 3, 43, tzinfo=UTC)


@pytest.fixture
def path(tmp_path):
    """A good file."""
    path = tmp_path / "it's a warehouse.duckdb"
    with duckdb.connect(str(path)) as con:
        con.execute("create table t as select range as i from range(100)")
    return path


@pytest.mark.parametrize("whole", [False, True])
def test_a_good_file_is_left_alone(path, whole):
    """Nothing is said, nothing renamed; so it is where there is no file yet."""
    before = path.read_bytes()
    assert duckdb_files.set_aside_unreadable(path, NOW, whole=whole) == []
    assert duckdb_files.set_aside_unreadable(path.with_name("none"), NOW, whole=whole) == []
    assert path.read_bytes() == before


def test_files_set_aside_at_one_instant_have_names_of_their_own(path):
    """Under an instant that stands still too: none is overwritten."""
    for number in range(3):
        path.write_bytes(b"bad %d " % number * 2000)
        (line,) = duckdb_files.set_aside_unreadable(path, NOW)
        assert "cannot be read (IO Error: The file" in line
    names = sorted(other.name for other in path.parent.iterdir())
    stem = f"{path.name}.unreadable-20251101T034300Z"
    assert names == [stem, f"{stem}-2", f"{stem}-3"]
    assert (path.parent / f"{stem}-2").read_bytes().startswith(b"bad 1")


def test_of_the_files_set_aside_the_newest_few_are_kept(path):
    """Twelve at two instants: three are left, the last of the later one, and what is deleted is said."""
    said = []
    for number in range(12):
        path.write_bytes(b"bad %02d " % number * 2000)
        said += duckdb_files.set_aside_unreadable(path, NOW + timedelta(days=1 if number > 5 else 0))
    stem = f"{path.name}.unreadable-20251102T034300Z"
    left = sorted(path.parent.iterdir(), key=lambda other: other.read_bytes())
    assert [other.name for other in left] == [f"{stem}-{number}" for number in (4, 5, 6)]
    assert [other.read_bytes()[:6] for other in left] == [b"bad 09", b"bad 10", b"bad 11"]
    deleted = [line for line in said if line.endswith("deleted: of those set aside the newest 3 are kept")]
    assert len(deleted) == len(set(deleted)) == 9


def test_a_file_that_another_program_writes_is_not_called_unreadable(path):
    """It is locked, not broken: it is read through a copy, and stays where it is."""
    with held_open(path):
        assert duckdb_files.set_aside_unreadable(path, NOW, whole=True) == []
    assert path.exists()


def test_a_file_that_another_program_holds_is_read_all_the_same(path):
    """DuckDB itself refuses it, under another name too; what is read through has no name any more."""
    os.link(path, path.with_name("link"))
    with held_open(path), duckdb.connect() as con:
        for name in (path, path.with_name("link")):
            with pytest.raises(duckdb.IOException, match="Could not set lock"):
                con.execute(f"attach '{duckdb_files.quoted(name)}' as refused (read_only)")
        duckdb_files.attach(con, path, "seen")
        assert sorted(other.name for other in path.parent.iterdir()) == [path.name, "link"]
        assert con.execute("select count(*), sum(i) from seen.t").fetchall() == [(100, 4950)]
        with pytest.raises(duckdb.InvalidInputException, match="read-only"):
            con.execute("delete from seen.t")


@pytest.mark.parametrize("is_killed", [False, True])
def test_what_another_program_left_in_its_log_is_not_seen(path, is_killed):
    """The log beside the file is its own, while it runs and after it was killed."""
    with held_open(path, "delete from t where i > 50") as pid, duckdb.connect() as con:
        if is_killed:
            os.kill(pid, signal.SIGKILL)
        assert duckdb_files.wal_of(path).exists()
        duckdb_files.attach(con, path, "seen")
        assert con.execute("select count(*) from seen.t").fetchall() == [(100,)]


def test_what_a_killed_reader_copied_is_swept_away(path):
    """Killed between the copy and its opening: `mfo maintain` deletes the copy, and nothing else."""
    script = (
        "import os, shutil, sys, duckdb\nfrom pathlib import Path\n"
        "from etl.warehouse import duckdb_files as database_file\n"
        "copy = shutil.copyfile\nshutil.copyfile = lambda a, b: (copy(a, b), os.kill(os.getpid(), 9))\n"
        "database_file.attach(duckdb.connect(), Path(sys.argv[1]), 'seen')"
    )
    with held_open(path):
        ended = subprocess.run([sys.executable, "-c", script, str(path)], check=False)
    assert ended.returncode == -signal.SIGKILL
    left = [other for other in path.parent.iterdir() if other != path]
    assert [other.stat().st_size for other in left] == [path.stat().st_size]
    assert sweep(path.parent) == 1
    assert list(path.parent.iterdir()) == [path]


def test_a_held_file_that_cannot_be_copied_is_said_with_its_holder(path, monkeypatch):
    """73 with the program to close; nothing is left beside the file."""

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(shutil, "copyfile", full)
    with held_open(path) as pid, duckdb.connect() as con, pytest.raises(FolderUnusable) as caught:
        duckdb_files.attach(con, path, "seen")
    assert f"(PID {pid})" in str(caught.value)
    assert str(caught.value).endswith("it cannot be copied (No space left on device); close it there")
    assert list(path.parent.iterdir()) == [path]


def test_a_copy_is_of_one_state_of_the_file(path, tmp_path, monkeypatch):
    """A copy during which the file was written is made again; one that is written every time is given up (75)."""
    copied, copy = [], shutil.copyfile

    def while_it_is_written(source, target):
        copy(source, target)
        copied.append(1)
        if len(copied) != 3:
            os.utime(source, ns=(0, len(copied)))

    monkeypatch.setattr(shutil, "copyfile", while_it_is_written)
    duckdb_files.copy_whole(path, tmp_path / "copy")
    assert len(copied) == 3
    with pytest.raises(TryLater, match="another program writes it all the time; close it there"):
        duckdb_files.copy_whole(path, tmp_path / "copy")


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("IO Error: Could not write file: No space left on device", FolderUnusable),
        ("IO Error: Could not set lock on file", FolderUnusable),
        ("IO Error: Could not read enough bytes from file", DataWrong),
    ],
)
def test_a_refusal_is_told_apart_by_what_mends_it(path, said, kind):
    """Room and rights are the user's to give (73), a broken file is mended by a load (65)."""
    assert type(duckdb_files.translated(duckdb.IOException(said), path)) is kind
