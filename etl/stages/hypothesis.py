"""
hypothesis: a condition over `daily_metrics` and a horizon, written down before it is tested, and every test kept.

The condition is the analyst's own SQL: it runs on the published file only, read only, under the guard and within the
bounds of `mfo query`, each condition within its own.
"""

import re
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, cast

from etl.domain import Outcome
from etl.errors import LimitMet, UsageWrong
from etl.notes import forward_returns, opinions, records
from etl.notes.forward_returns import DISCOVERY_SHARE
from etl.stores.guard import Bounds, Guard

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
RETURNS = "select symbol, trade_date, total_return_pct from marts.daily_metrics order by symbol, trade_date"
CRYPTO = "select symbol as found from lake.instruments where kind = 'crypto'"
SESSIONS = "select trade_date as found from lake.sessions"
LISTED = """
    select name, horizon, author, added_at, condition, tests, n, mean_pct, base_pct, low_pct, high_pct, later_n,
        later_mean_pct, live_n, words
    from marts.hypotheses order by added_at, name
"""
HELD = "select name, condition, horizon, added_at, coalesce(live_n, 0) as live_n from marts.hypotheses"
TRIED = """
    select count(distinct (document ->> 'condition', document ->> 'horizon')) as n from lake.hypothesis_tests
    where (document ->> 'condition', document ->> 'horizon') <> (?, ?)
"""


def add(
    con: "DuckDBPyConnection",
    reader: "DuckDBPyConnection",
    bounds: Bounds,
    *,
    name: str,
    condition: str,
    horizon: int,
    author: str,
    keep: records.Keep,
    now: datetime,
) -> Outcome:
    """
    Write a hypothesis down, and add it to `lake.hypotheses`; what it says never changes.

    `reader` is a connection to the published file, for the condition alone: it is locked.

    Raises:
        UsageWrong: the name is taken or not one, or the condition is no SQL over `daily_metrics`.
        LimitMet: the condition took longer, or more memory, than `bounds` allow.
        Stopped: Ctrl-C.
    """
    if not NAME.fullmatch(name):
        raise UsageWrong(f"hypothesis: {name!r} is no name; allowed: small letters, digits, - and _, at most 40")
    if any(row["name"] == name for row in records.query_on(con)(HELD, ())):
        raise UsageWrong(f"hypothesis: {name!r} is there already, and what was written down does not change")
    found = len(_signals(Guard(reader, bounds, "hypothesis"), condition))
    document = {
        "document": "hypothesis", "name": name, "condition": condition.strip(), "horizon": horizon, "author": author,
        "added_at": records.stamp(now),
    }  # fmt: skip
    answer = keep("hypothesis", name, records.body_of(document))
    opinions.insert(con, "hypotheses", [opinions.hypothesis_row(answer)])
    return Outcome(f"hypothesis {name} written down; it has signalled {found} times; `mfo hypothesis test {name}`")


def test(
    con: "DuckDBPyConnection",
    reader: "DuckDBPyConnection",
    bounds: Bounds,
    *,
    name: str,
    split: date | None,
    keep: records.Keep,
    now: datetime,
) -> Outcome:
    """
    Test a hypothesis on what followed its signals, keep what was found, and add it to `lake.hypothesis_tests`.

    Discovery ends before `split`; without one where 70 % of the days up to the writing down are over.

    Raises:
        UsageWrong: there is none of that name, or its condition does not run any more.
        LimitMet: the condition took longer, or more memory, than `bounds` allow.
        Stopped: Ctrl-C.
    """
    query = records.query_on(con)
    held = {str(row["name"]): row for row in query(HELD, ())}
    if name not in held:
        raise UsageWrong(f"hypothesis: there is no {name!r}; there are: {', '.join(held) or 'none'}")
    document = _tested(query, reader, bounds, held[name], split, now)
    answer = keep("hypothesis_test", name, records.body_of(document))
    opinions.insert(con, "hypothesis_tests", [opinions.test_row(answer)])
    notes = (str(document["warning"]),) if document["warning"] else ()
    return Outcome(f"hypothesis {name}: {document['words']}", notes=notes, details={"document": document})


def settle(
    con: "DuckDBPyConnection", reader: "DuckDBPyConnection", bounds: Bounds, *, keep: records.Keep, now: datetime
) -> Outcome | None:
    """
    Test again each hypothesis of which a signal fell due since its last test; None where there is none at all.

    A condition that does not run any more, or not within `bounds`, is noted and stops nothing: the day does not hang
    on somebody's SQL.
    """
    query = records.query_on(con)
    held = query(HELD, ())
    settled, notes = [], []
    for row in held:
        try:
            document = _tested(query, reader, bounds, row, None, now)
        except (UsageWrong, LimitMet) as error:
            notes.append(f"{row['name']}: {error}")
            continue
        figures: dict[str, Any] = document["live"]  # type: ignore[assignment]  # as `_tested` makes it
        if figures["n"] > int(str(row["live_n"])):
            answer = keep("hypothesis_test", str(row["name"]), records.body_of(document))
            opinions.insert(con, "hypothesis_tests", [opinions.test_row(answer)])
            settled.append(str(row["name"]))
    said = f": {', '.join(settled)}" if settled else ""
    line = f"{len(settled)} of {len(held)} hypotheses had signals that fell due{said}"
    return Outcome(line, notes=tuple(notes)) if held else None


def listed(con: "DuckDBPyConnection") -> list[str]:
    """One line for each hypothesis."""
    rows = records.query_on(con)(LISTED, ())
    return [
        f"{row['name']}  horizon {row['horizon']}  by {row['author']}  {row['added_at']:%Y-%m-%d}  {row['condition']}\n"
        f"    {row['words'] or 'not tested yet'}" + (f"; {row['live_n']} live signals" if row["live_n"] else "")
        for row in rows
    ]


def lines_of(document: dict[str, Any]) -> list[str]:
    """A test for a person: a line for each period."""
    told = [
        f"{document['name']}: {document['condition']}, {document['horizon']} sessions ahead; split {document['split']}"
    ]
    told.append(f"{'period':>10} {'n':>6} {'mean %':>8} {'base %':>8} {'edge %':>8}  95 % interval of the edge")
    for name in ("discovery", "later", "live", "all"):
        row = document[name]
        shown = ["-" if row[k] is None else f"{row[k]:.3f}" for k in ("mean_pct", "base_pct", "edge_pct")]
        span = "-" if row["low_pct"] is None else f"{row['low_pct']:.3f} to {row['high_pct']:.3f}"
        told.append(f"{name:>10} {row['n']:>6} {shown[0]:>8} {shown[1]:>8} {shown[2]:>8}  {span}")
    return [*told, document["words"], *([f"warning: {document['warning']}"] if document["warning"] else [])]


def _tested(
    query: records.Query,
    reader: "DuckDBPyConnection",
    bounds: Bounds,
    row: records.Row,
    split: date | None,
    now: datetime,
) -> records.Row:
    condition, horizon = str(row["condition"]), int(str(row["horizon"]))
    guard = Guard(reader, bounds, "hypothesis")
    days: dict[str, list[tuple[date, float | None]]] = {}
    for symbol, day, value in guard.over(lambda: reader.execute(RETURNS).fetchall()):
        days.setdefault(symbol, []).append((day, value))
    added = datetime.fromisoformat(str(row["added_at"])).date()
    dates = sorted({day for each in days.values() for day, _ in each if day < added})
    split = split or (dates[int(DISCOVERY_SHARE * (len(dates) - 1))] if dates else added)
    crypto = {row["found"] for row in query(CRYPTO, ())}
    sessions = cast("set[date]", {row["found"] for row in query(SESSIONS, ())})
    windows = {
        symbol: forward_returns.windows_of(symbol, each, horizon, sessions if symbol in crypto else None)
        for symbol, each in days.items()
    }
    figures = forward_returns.judged(_signals(guard, condition), windows, horizon, split, added)
    tries = int(str(query(TRIED, (condition, str(horizon)))[0]["n"])) + 1
    return {
        "document": "hypothesis_test", "name": row["name"], "condition": condition, "horizon": horizon,
        "split": split.isoformat(), "tested_at": records.stamp(now), "tries": tries,
        "words": forward_returns.verdict(figures), "warning": forward_returns.warning(tries), **figures,
    }  # fmt: skip


def _signals(guard: Guard, condition: str) -> list[tuple[str, date]]:
    sql = f"select symbol, trade_date from marts.daily_metrics where (\n{condition}\n) order by symbol, trade_date"
    found = guard.execute(sql)
    return [(str(symbol), day) for symbol, day in guard.over(found.fetchall)]
