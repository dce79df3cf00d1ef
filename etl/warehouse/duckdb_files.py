"""
The files of a DuckDB database: what its refusals mean, and what is done with files that nobody can read.

Beside `name` DuckDB keeps `name.wal` while it is written, and `name.tmp/` for what does not fit into memory.
"""

import re
import shutil
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from etl.errors import DataWrong, FolderUnusable, TryLater
from etl.runtime.files import unusable

# what DuckDB says of a file that is cut short, changed, of another version of its own, or beside a log of another file
BROKEN = re.compile(
    r"not a valid DuckDB|Could not read enough|[Cc]hecksum|[Cc]orrupt|version number|replaying WAL|deserialize"
)

KEPT_ASIDE = 3  # of the files of a kind that were set aside: the newest, for whoever wants to know what befell them
COPY_TRIES = 5
READ_BEFORE_BUILDING = (("lake", "loaded_files"), ("marts", "gaps"))


def translated(error: duckdb.Error, path: Path) -> FolderUnusable | DataWrong:
    """DuckDB's refusal of a file in the user's words."""
    text = str(error).splitlines()[0]
    if "No space left" in text:
        return FolderUnusable(f"{path.parent}: the disk is full; what was published before stands")
    if BROKEN.search(text):
        return DataWrong(f"{path}: {text}; `mfo load` sets it aside and makes it anew from Parquet")
    if isinstance(error, duckdb.IOException):
        return FolderUnusable(f"{path}: {text}")
    return DataWrong(f"{path}: {text}")


def quoted(path: Path) -> str:
    """A path inside a SQL string."""
    return str(path).replace("'", "''")


def attach(con: duckdb.DuckDBPyConnection, path: Path, name: str) -> None:
    """
    Attach what is published at `path`, read only, whatever other programs do with it.

    Where one holds the file open for writing (DuckDB's lock is on the file, under whatever name), or left its log
    beside it, a copy is attached, which has no name any more once it is open.

    Raises:
        FolderUnusable: it is held, and the folder has no room for a copy or cannot be written.
        TryLater: it is held, and written all the time.
        duckdb.Error: it cannot be read.
    """
    held = f"{wal_of(path)} is there"
    if not wal_of(path).exists():
        try:
            con.execute(f"attach '{quoted(path)}' as {name} (read_only)")
            return
        except duckdb.IOException as error:
            held = str(error).splitlines()[0]
            if "Could not set lock" not in held:
                raise
    try:
        # under a name of those that `mfo maintain` deletes, should this process be killed before it does so itself
        with tempfile.NamedTemporaryFile(prefix=f".{path.name}.", suffix=".part", dir=path.parent) as copy:
            copy_whole(path, Path(copy.name))
            con.execute(f"attach '{quoted(Path(copy.name))}' as {name} (read_only)")
    except OSError as error:
        said = f"held by another program ({held}), and it cannot be copied ({error.strerror}); close it there"
        raise FolderUnusable(f"{path}: {said}") from None


def copy_whole(path: Path, target: Path) -> None:
    """
    Copy a database file in one state, though another program may write it meanwhile.

    Raises:
        TryLater: it is written all the time.
    """
    for _ in range(COPY_TRIES):
        before = path.stat()
        shutil.copyfile(path, target)
        after = path.stat()
        if (before.st_ino, before.st_size, before.st_mtime_ns) == (after.st_ino, after.st_size, after.st_mtime_ns):
            return
    raise TryLater(f"{path}: another program writes it all the time; close it there, what was published stands")


def wal_of(path: Path) -> Path:
    """The write-ahead log of a database file."""
    return path.with_name(path.name + ".wal")


def delete(path: Path) -> None:
    """A database file, its write-ahead log, and what did not fit into memory."""
    for leftover in (path, wal_of(path)):
        leftover.unlink(missing_ok=True)
    shutil.rmtree(path.with_name(path.name + ".tmp"), ignore_errors=True)


def set_aside_unreadable(path: Path, now: datetime, *, whole: bool = False) -> list[str]:
    """
    Rename a database file that cannot be opened, and a log that lies beside it; a line for each.

    The newest KEPT_ASIDE of each kind are kept, older ones deleted, with a line for each of these too.

    With `whole` every value is read, not only what a run needs before it builds the next one.

    Raises:
        FolderUnusable: it cannot be renamed.
    """
    said = []
    if wal_of(path).exists():  # nobody but mfo writes this file, and mfo swaps it in without one
        said.append(f"{wal_of(path)} is of another program; set aside as {_aside(wal_of(path), 'foreign', now)}")
        said += _delete_oldest(wal_of(path), "foreign")
    if path.exists() and (why := _why_unreadable(path, whole)):
        said.append(
            f"{path} cannot be read ({why}); set aside as {_aside(path, 'unreadable', now)}, rebuilt from lake/"
        )
        said += _delete_oldest(path, "unreadable")
    return said


def _why_unreadable(path: Path, whole: bool) -> str:
    """DuckDB's reason, "" where it reads the file."""
    try:
        with duckdb.connect() as con:
            attach(con, path, "looked_at")
            tables = con.execute(
                "select schema_name, table_name from duckdb_tables() where database_name = 'looked_at'"
            ).fetchall()
            for schema, table in tables:
                if whole or (schema, table) in READ_BEFORE_BUILDING:
                    con.execute(f'select max(hash(seen)) from looked_at."{schema}"."{table}" as seen').fetchall()
    except duckdb.Error as error:
        why = str(error).splitlines()[0]
        return why if BROKEN.search(why) else ""
    return ""


def _aside(path: Path, word: str, now: datetime) -> str:
    """Where it went: beside its place, under a name with the time."""
    stem = f"{path.name}.{word}-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    taken = [_age(other)[1] for other in path.parent.glob(f"{stem}*")]  # several at an instant that stands still
    target = path.with_name(stem + (f"-{max(taken) + 1}" if taken else ""))
    try:
        path.rename(target)
    except OSError as error:
        raise unusable(path.parent, error) from None
    return target.name


def _delete_oldest(path: Path, word: str) -> list[str]:
    """All but the newest that were set aside from this place; a line for each that is gone."""
    oldest = sorted(path.parent.glob(f"{path.name}.{word}-*"), key=_age)[:-KEPT_ASIDE]
    for other in oldest:
        other.unlink(missing_ok=True)
    return [f"{other} deleted: of those set aside the newest {KEPT_ASIDE} are kept" for other in oldest]


def _age(aside: Path) -> tuple[str, int]:
    """The instant of a file that was set aside, and its number within that."""
    instant, _, number = aside.name.rpartition(".")[2].partition("-")[2].partition("-")
    return instant, int(number or 1)
