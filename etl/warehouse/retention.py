"""
What is too old for the warehouse, and the way back: minutes and order books leave it, Parquet keeps them all.

No figure of any model changes when they leave. Minutes go by whole hours, of which `lake.hours` keeps the rolled-up
bar and `lake.stretches` which of them came together; those that a check or `revisions` reads stay (a day's last, and
every one with several versions). Of order books the newest of each symbol and source stays. A look at an instant
before they left, and minutes that come late for such an hour, read them back from Parquet. Of checks the failures
stay for good; a look at a run whose passed ones have left makes them again.
"""

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb

from etl.config.schema import Retention
from etl.errors import DataWrong
from etl.transform.parquet import Parquet
from etl.warehouse.file import NextFile

LEAVING = """
    create or replace temp table leaving as
    with ends as (
        select symbol, date_trunc('hour', least(?, max(opened_at)) - ?) as leave_before
        from lake.bars inner join lake.instruments using (symbol)
        where interval = '1m' group by symbol
    )
    select bars.symbol, bars.opened_at, date_trunc('hour', bars.opened_at) as hour_at
    from lake.bars as bars inner join ends using (symbol)
    where interval = '1m' and bars.opened_at < leave_before
        and (hour(bars.opened_at), minute(bars.opened_at)) != (23, 59)
    group by bars.symbol, bars.opened_at
    having count(*) filter (is_final) = count(distinct source) filter (is_final)
"""
_HOURS = """
    insert into lake.hours by name
    select * exclude (kind) from aggregates.minutes_by_hour as hours
    semi join leaving on hours.symbol = leaving.symbol and hours.opened_at = leaving.hour_at
    anti join lake.hours as kept on hours.symbol = kept.symbol and hours.opened_at = kept.opened_at
"""
STRETCHES = """
    insert into lake.stretches
    with first_versions as (
        select
            symbol, hour_at, slot_of(opened_at, '1m') as slot, min(sequence) as sequence, min(fetched_at) as came_at
        from lake.bars inner join leaving using (symbol, opened_at)
        where interval = '1m' and is_final and isfinite(close)
        group by symbol, hour_at, slot
    ),
    numbered as (
        select *, slot - row_number() over (partition by symbol, hour_at, sequence, came_at order by slot) as island
        from first_versions
    )
    select symbol, hour_at, min(slot), max(slot) + 1, sequence, came_at
    from numbered group by symbol, hour_at, sequence, came_at, island
"""
GONE = """
    delete from lake.bars
    where interval = '1m' and exists (
        select 1 from leaving where leaving.symbol = bars.symbol and leaving.opened_at = bars.opened_at
    )
"""
OLD_BOOKS = """
    delete from lake.book_levels as levels
    where taken_at < ? and taken_at < (
        select max(taken_at) from lake.book_levels as newer
        where newer.symbol = levels.symbol and newer.source = levels.source
    )
"""
OLD_CHECKS = """
    delete from lake.check_results
    where failed_rows = 0 and known_at < ? and run_id not in (select run_id from lake.publication)
"""


@dataclass(frozen=True, slots=True)
class Cut:
    """How many rows left the warehouse."""

    minutes: int = 0
    book_levels: int = 0
    passed_checks: int = 0

    def __bool__(self) -> bool:
        return self.minutes + self.book_levels + self.passed_checks > 0


def cut(file: NextFile, now: datetime, retention: Retention, build: Callable[[], object]) -> Cut:
    """
    Take out what is older than `retention` says in days (0: nothing); `build` makes the models, which hours come from.

    They are to be built again afterwards: they hold copies of what is gone.
    """
    con, at = file.con, now.astimezone(UTC).replace(tzinfo=None)
    minutes = books = checks = 0
    if retention.minute_bars_days:
        con.execute(LEAVING, [at, timedelta(days=retention.minute_bars_days)])
        if _count(con.execute("select count(*) from leaving")):
            build()
            con.execute(_HOURS)
            con.execute(STRETCHES)
            minutes = _count(con.execute(GONE))
    if retention.order_books_days:
        books = _count(con.execute(OLD_BOOKS, [at - timedelta(days=retention.order_books_days)]))
    if retention.check_results_days:
        checks = _count(con.execute(OLD_CHECKS, [at - timedelta(days=retention.check_results_days)]))
    if minutes or books:
        con.execute("insert into lake.cuts values (?, ?, ?)", [at, minutes, books])
    return Cut(minutes, books, checks)


def read_back_hours(file: NextFile, parquet: Parquet, arriving: Iterable[Path]) -> None:
    """
    Before bars are added: the minutes of every hour that some of them are of, where those have left.

    Raises:
        DataWrong: Parquet that this file rests on is gone.
    """
    paths = [str(path) for path in dict.fromkeys(arriving)]
    if not paths or not _count(file.con.execute("select count(*) from lake.hours")):
        return
    file.con.execute(
        "create or replace temp table touched as "
        "select distinct hours.symbol, hours.opened_at from lake.hours as hours "
        "inner join (select symbol, date_trunc('hour', opened_at) as opened_at from read_parquet(?) "
        "where interval = '1m') using (symbol, opened_at)",
        [paths],
    )
    if _count(file.con.execute("select count(*) from touched")):
        _read_back_minutes(file, parquet)


def read_back_all(file: NextFile, parquet: Parquet, as_of: datetime, basis: str) -> None:
    """
    For a look at an instant: all that has left since, as if it never had.

    Raises:
        DataWrong: Parquet that this file rests on is gone.
    """
    (last,) = file.con.execute("select max(cut_at) from lake.cuts").fetchall()[0]
    if last is None or (basis == "known" and as_of.astimezone(UTC).replace(tzinfo=None) >= last):
        return
    file.con.execute("create or replace temp table touched as select distinct symbol, opened_at from lake.hours")
    _read_back_minutes(file, parquet)
    books = _loaded(file, parquet, "book_levels")
    if books:
        file.add("book_levels", [(path.name, path) for path in books])


def _read_back_minutes(file: NextFile, parquet: Parquet) -> None:
    """The minutes of the hours in `touched`, in all of their versions; the hours go."""
    is_touched = (
        "exists (select 1 from touched where touched.symbol = rows.symbol "
        "and touched.opened_at = date_trunc('hour', rows.opened_at))"
    )
    part = parquet.root / f".minutes.{os.getpid()}.part"
    paths = [str(path) for path in _loaded(file, parquet, "bars")]
    for table, where in (("bars", "interval = '1m'"), ("hours", "true"), ("stretches", "true")):
        file.con.execute(f"delete from lake.{table} as rows where {where} and {is_touched}")
    if not paths:
        return
    try:
        file.con.execute(
            f"copy (select * from read_parquet(?) as rows where interval = '1m' and {is_touched}) "
            f"to '{str(part).replace(chr(39), chr(39) * 2)}' (format parquet)",
            [paths],
        )
        file.add("bars", [(part.name, part)])
    finally:
        part.unlink(missing_ok=True)
    file.con.execute("delete from lake.loaded_files where name = ?", [part.name])


def _loaded(file: NextFile, parquet: Parquet, relation: str) -> list[Path]:
    """The Parquet files of a relation that this file rests on."""
    held = parquet.batches(relation)
    names = sorted(name for name in file.loaded_files() if name.startswith(f"{relation}/"))
    gone = [name for name in names if name not in held]
    if gone:
        raise DataWrong(
            f"{parquet.root / gone[0]} is gone, and what left the warehouse stands there only; "
            "`mfo transform --all`, then `mfo load --rebuild` make it anew from the kept answers"
        )
    return list(dict.fromkeys(held[name] for name in names))


def _count(result: duckdb.DuckDBPyConnection) -> int:
    row = result.fetchone()
    return int(row[0]) if row else 0
