"""
Looks at the past: a warehouse file of its own that shows an earlier instant, beside the published one.

`known` is the last publication up to the instant: what came later is deleted from a copy, with the universe and the
ledger of then, and every model is built over what is left. `published` is the instant itself, over history that was
fetched later: every model takes what was out by then, the checks are run on it, and what it did not take is deleted.

A look is kept in the cache folder under a name made of all that it rests on, so that the next one at the same instant
opens at once. What is published is only read.
"""

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from etl import __version__
from etl.config.loader import read_settings
from etl.config.settings import Settings, data_folder, parse_instant
from etl.errors import ChecksFailed, NeverPublished, UsageWrong
from etl.models import registry
from etl.models.parse import LAYERS
from etl.runtime.data_dir import DataDir
from etl.transform.parquet import Parquet
from etl.warehouse.as_of import CONFIGURATION, AsOfView, Connection, show, warehouse_of
from etl.warehouse.file import NextFile, Warehouse, refuse_other_version
from etl.warehouse.retention import read_back_all


def opened(data_dir: Path | str | None, demo: bool, as_of: datetime | str | None, basis: str) -> Connection:
    """See `mfo.open_warehouse`."""
    if basis not in ("known", "published"):
        raise UsageWrong(f"basis: {basis!r}; allowed: known, published")
    if basis == "published" and as_of is None:
        raise UsageWrong("basis published replays an instant: give as_of")
    named = {"MFO_DATA_DIR": str(data_dir)} if data_dir is not None else {}
    at = parse_instant(as_of if isinstance(as_of, str) else as_of.isoformat(), "as_of") if as_of else None
    con = open_reading(read_settings({**os.environ, **named}, demo=demo), PastInstant(at, basis) if at else None)
    con.execute("set TimeZone = 'UTC'")
    return con


LOOKS_KEPT = 3
# what a replay may show of rows that were fetched later, and what names the version that it shows
_SHOWN = {
    "bars": ("symbol", "interval", "opened_at", "source", "sequence"),
    "observations": ("series_id", "date", "source", "sequence", "vintage_date"),
    "actions": ("symbol", "ex_date", "kind", "source", "sequence"),
}


@dataclass(frozen=True, slots=True)
class PastInstant:
    """An instant, and in which basis it is looked at: `known` or `published`."""

    instant: datetime
    basis: str = "known"


@contextmanager
def seen_as_of(warehouse: Warehouse, cache: Path, past: PastInstant, sql_root: Path) -> Iterator[Connection]:
    """
    Open what a look at the past shows, read only.

    Raises:
        NeverPublished: nothing was published up to then.
        ChecksFailed: a replay breaks what must hold.
    """
    con = _opened(warehouse, cache, past, sql_root)
    try:
        yield con
    finally:
        con.close()


def open_reading(settings: Settings, past: PastInstant | None) -> Connection:
    """
    The published warehouse, or a look at the past, read only; it stays as it was opened. Opens nothing else.

    Raises:
        UsageWrong: nothing is published yet.
        NeverPublished: nothing was, up to the instant.
    """
    folder = DataDir(settings.data_dir)
    warehouse = warehouse_of(folder)
    if past is None:
        return warehouse.read()
    warehouse.read().close()  # before a folder is made where there is nothing to look at
    folder.make()
    return _opened(warehouse, folder.cache, past, data_folder("sql"))


@contextmanager
def reading(settings: Settings, past: PastInstant | None) -> Iterator[Connection]:
    """The same, closed at the end."""
    con = open_reading(settings, past)
    try:
        yield con
    finally:
        con.close()


def write_past(warehouse: Warehouse, cache: Path, past: PastInstant, sql_root: Path, target: Path) -> AsOfView:
    """
    Build the look at `target`, replacing what lies there; the published file is only read.

    Raises:
        NeverPublished: nothing was published up to then.
        ChecksFailed: a replay breaks what must hold.
        DataWrong: another version published the file, or what left the warehouse has no Parquet any more.
        FolderUnusable: the disk is full.
    """
    refuse_other_version(warehouse)
    with warehouse.copied_to(cache / f"as-of.{os.getpid()}.duckdb", target) as file:
        view, configuration = _view_of(file.con, past)
        for name, rows in json.loads(configuration).items():
            if name in CONFIGURATION:
                file.replace(name, rows)
        for schema in LAYERS[1:]:
            file.con.execute(f"drop schema if exists {schema} cascade")  # of now, and all of it is built anew
        read_back_all(file, Parquet(warehouse.path.parent / "parquet"), view.as_of, view.basis)
        built = registry.load_models(sql_root)
        if view.basis == "known":
            _delete_later(file, view)  # first: what is not there cannot be shown
        show(file, view, built)
        if view.basis == "published" or not _has_passed_checks(file, view):
            _check(file, view, built, sql_root)
        if view.basis == "published":
            _delete_later(file, view)
        file.con.execute("delete from lake.loaded_files")  # so that nothing goes on from here as if all were in it
        file.publish()
    return view


def _opened(warehouse: Warehouse, cache: Path, past: PastInstant, sql_root: Path) -> Connection:
    while True:
        published = _identity(warehouse)
        path = cache / f"look.{_name(warehouse, past, sql_root, published)}.duckdb"
        if path.exists():
            os.utime(path)
        else:
            write_past(warehouse, cache, past, sql_root, path)
            _keep_newest(cache)
        if _identity(warehouse) == published and path.exists():
            return Warehouse(path, "").read()


def _identity(warehouse: Warehouse) -> tuple[int, ...]:
    """What tells one published file from the next, which is always another file."""
    if not warehouse.exists():
        return ()
    found = warehouse.path.stat()
    return found.st_ino, found.st_size, found.st_mtime_ns


def _name(warehouse: Warehouse, past: PastInstant, sql_root: Path, published: tuple[int, ...]) -> str:
    refuse_other_version(warehouse)
    con = warehouse.read()
    try:
        view, _ = _view_of(con, past)
    finally:
        con.close()
    digest = hashlib.sha256(repr((published, view, duckdb.__version__, __version__)).encode())
    for path in sorted(sql_root.rglob("*.sql")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:32]


def _keep_newest(cache: Path) -> None:
    looks = sorted(cache.glob("look.*.duckdb"), key=lambda path: path.stat().st_mtime_ns, reverse=True)
    for path in looks[LOOKS_KEPT:]:
        path.unlink(missing_ok=True)


def _view_of(con: Connection, past: PastInstant) -> tuple[AsOfView, str]:
    """The instant and run that are shown, and the universe of then as JSON."""
    row = con.execute(
        "select run_id, as_of, version, configuration, (select demo from lake.publication) from lake.publications "
        "where as_of <= ? or ? = 'published' order by as_of desc, sequence desc nulls last, rowid desc limit 1",
        [_naive(past.instant), past.basis],
    ).fetchone()
    if row is None:
        first = con.execute("select min(as_of) from lake.publications").fetchone()
        said = f"; the first publication is of {first[0].isoformat()}Z" if first and first[0] else ""
        raise NeverPublished(f"nothing was published up to {past.instant.isoformat()}{said}")
    run_id, published_as_of, version, configuration, demo = row
    if past.basis == "published":
        return AsOfView(past.instant, f"replay-{past.instant:%Y%m%dT%H%M%SZ}", demo, version, past.basis), configuration
    return AsOfView(published_as_of.replace(tzinfo=UTC), run_id, demo, version), configuration


def _has_passed_checks(file: NextFile, view: AsOfView) -> bool:
    """Whether the results of the run that is shown are all there: retention takes out those that passed."""
    passed = "select count(*) > 0 from lake.check_results where run_id = ? and failed_rows = 0"
    return file.con.execute(passed, [view.run_id]).fetchall() == [(True,)]


def _check(file: NextFile, view: AsOfView, built: tuple[registry.Model, ...], sql_root: Path) -> None:
    """The checks of a replay, which no run made before, or of a run whose results left: what failed then stayed."""
    results = registry.run_checks(file.con, sql_root, built)
    broken = [r for r in results if r.rows and r.severity == "blocking"]
    if broken and view.basis == "published":
        shown = "\n".join(f"  {r.check}: {r.rows} rows, for example {r.example}" for r in broken)
        raise ChecksFailed(f"the replay at {view.as_of.isoformat()} breaks {len(broken)} checks:\n{shown}")
    said = {"run_id": view.run_id, "known_at": _naive(view.as_of)}
    held = file.con.execute("select check_name from lake.check_results where run_id = ?", [view.run_id]).fetchall()
    file.append(
        "check_results",
        [
            {**said, "check_name": r.check, "claim": r.claim, "severity": r.severity}
            | {"failed_rows": r.rows, "example": r.example}
            for r in results
            if (r.check,) not in held
        ],
    )
    registry.build_after(file.con, built, {"lake.check_results"})


def _delete_later(file: NextFile, view: AsOfView) -> None:
    """
    What came after the instant: by `known_at`, or by `fetched_at` where a row of the lake has no other.

    Rows that a replay shows though they were fetched later stay, with the answers that they came from.
    """
    found = file.con.execute(
        "select schema_name, table_name, list(column_name) from duckdb_columns() "
        "semi join duckdb_tables() using (table_oid) group by all order by all"
    ).fetchall()
    found.sort(key=lambda row: row[0] == "lake")  # last: what is staged says what stays in it
    at = _naive(view.as_of)
    for schema, table, columns in found:
        instant = next((name for name in ("known_at", "fetched_at") if name in columns), None)
        if schema not in LAYERS or instant is None:
            continue
        kept = "true"
        if schema == "lake" and view.basis == "published" and table in _SHOWN:
            same = " and ".join(f"lake.{table}.{name} is not distinct from shown.{name}" for name in _SHOWN[table])
            kept = f"not exists (select 1 from staging.{table} as shown where {same} and shown.known_at <= $at)"
        elif (schema, table) == ("lake", "answers"):
            continue
        file.con.execute(f"delete from {schema}.{table} where {instant} > $at and {kept}", {"at": at})
    rested_on = " union ".join(f"select sequence from lake.{name}" for name in _SHOWN)
    file.con.execute(f"delete from lake.answers where fetched_at > ? and sequence not in ({rested_on})", [at])


def _naive(instant: datetime) -> datetime:
    return instant.astimezone(UTC).replace(tzinfo=None)
