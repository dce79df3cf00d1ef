"""The files of a database: what cannot be read is set aside and named, what can be is left alone."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta

import duckdb
import pytest

from etl.errors import DataWrong, FolderUnusable
from etl.stores import database_file

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
    assert database_file.set_aside_unreadable(path, NOW, whole=whole) == []
    assert database_file.set_aside_unreadable(path.with_name("none"), NOW, whole=whole) == []
    assert path.read_bytes() == before


def test_files_set_aside_at_one_instant_have_names_of_their_own(path):
    """Under an instant that stands still too: none is overwritten."""
    for number in range(3):
        path.write_bytes(b"bad %d " % number * 2000)
        (line,) = database_file.set_aside_unreadable(path, NOW)
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
        said += database_file.set_aside_unreadable(path, NOW + timedelta(days=1 if number > 5 else 0))
    stem = f"{path.name}.unreadable-20251102T034300Z"
    left = sorted(path.parent.iterdir(), key=lambda other: other.read_bytes())
    assert [other.name for other in left] == [f"{stem}-{number}" for number in (4, 5, 6)]
    assert [other.read_bytes()[:6] for other in left] == [b"bad 09", b"bad 10", b"bad 11"]
    deleted = [line for line in said if line.endswith("deleted: of those set aside the newest 3 are kept")]
    assert len(deleted) == len(set(deleted)) == 9


def test_a_file_that_another_program_writes_is_not_called_unreadable(path):
    """It is locked, not broken: what is done then is said elsewhere."""
    script = f"import duckdb; con = duckdb.connect({str(path)!r}); print('open', flush=True); input()"
    other = subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert other.stdout is not None
    assert other.stdout.readline() == "open\n"
    assert database_file.set_aside_unreadable(path, NOW, whole=True) == []
    other.communicate("\n", timeout=30)
    assert path.exists()


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
    assert type(database_file.translated(duckdb.IOException(said), path)) is kind
