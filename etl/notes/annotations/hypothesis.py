"""
hypothesis: a condition over `daily_metrics` and a horizon, written down before it is tested, and every test kept.

The condition is the analyst's own SQL: it runs on the published file only, read only, under the guard and within the
bounds of `mfo query`, each condition within its own.
"""

import math
import re
from bisect import bisect_right
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, cast

from etl.domain import Outcome
from etl.errors import LimitMet, UsageWrong
from etl.notes.documents import annotations, note
from etl.notes.scoring.track_record import excess_interval
from etl.warehouse.sandbox import Bounds, Sandbox

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

TOO_FEW = "too few signals to judge"
NOTHING = "no edge that could not be chance"
ONLY_FOUND = "an edge in discovery that later data do not confirm"
HOLDS = "an edge in discovery and in later data"
AGAINST = "worse than the base in discovery and in later data"
DISCOVERY_SHARE = 0.7
MANY_TRIES = 5


@dataclass(frozen=True, slots=True)
class Window:
    """One forward window of a symbol: the day of its signal, its first and last bar, its return in percent."""

    symbol: str
    day: date
    entry: date
    exit: date
    value: float


def windows_of(
    symbol: str, days: Sequence[tuple[date, float | None]], horizon: int, sessions: Collection[date] | None = None
) -> dict[date, Window]:
    """
    Every whole window of a symbol by the day of its signal, from (day, total return in percent) in order of time.

    Only days of `sessions` are entered and left at; None: every day is one. A window with a return that is not known is
    left out.
    """
    found: dict[date, Window] = {}
    sums, holes = [0.0], [0]
    for _, value in days:
        sums.append(sums[-1] + (math.log1p(value / 100) if value is not None else 0.0))
        holes.append(holes[-1] + (value is None))
    closes = [at for at, (day, _) in enumerate(days) if sessions is None or day in sessions]
    for at, (day, _) in enumerate(days):
        entry = bisect_right(closes, at)
        if entry + horizon >= len(closes):
            break
        first, last = closes[entry], closes[entry + horizon]
        if holes[last + 1] == holes[first + 1]:
            value = 100 * (sums[last + 1] - sums[first + 1])
            found[day] = Window(symbol, day, days[first][0], days[last][0], value)
    return found


def judged(
    signals: Iterable[tuple[str, date]],
    windows: Mapping[str, Mapping[date, Window]],
    horizon: int,
    split: date,
    added: date,
) -> dict[str, dict[str, float | int | None]]:
    """The figures of `all`, `discovery` (before `split`), `later` (up to `added`) and `live` (since it was added)."""
    hits = [windows[s][d] for s, d in signals if d in windows.get(s, {})]
    periods = {
        "all": (date.min, date.max),
        "discovery": (date.min, split),
        "later": (split, added),
        "live": (added, date.max),
    }
    return {name: _figures(hits, windows, horizon, span) for name, span in periods.items()}


def verdict(figures: Mapping[str, Mapping[str, float | int | None]]) -> str:
    """What discovery and later data say together, in words."""
    found, later = figures["discovery"], figures["later"]
    lows, highs = (found["low_pct"], later["low_pct"]), (found["high_pct"], later["high_pct"])
    if lows[0] is None or highs[0] is None:
        return TOO_FEW
    if lows[0] <= 0 <= highs[0]:
        return NOTHING
    if lows[1] is None or highs[1] is None or lows[1] <= 0 <= highs[1] or (lows[0] > 0) != (lows[1] > 0):
        return ONLY_FOUND
    return HOLDS if lows[0] > 0 else AGAINST


def warning(tries: int) -> str | None:
    """What many tries mean for one that looks good; None while there are few."""
    if tries < MANY_TRIES:
        return None
    luck = 100 * (1 - 0.95**tries)
    return (
        f"{tries} hypotheses were tried: with none true, one or more looks good at 95 % with a chance of {luck:.0f} %"
    )


def _figures(
    hits: Sequence[Window], windows: Mapping[str, Mapping[date, Window]], horizon: int, span: tuple[date, date]
) -> dict[str, float | int | None]:
    inside = [w for w in hits if span[0] <= w.entry and (w.exit < span[1] or span[1] == date.max)]
    if not inside:
        return {"n": 0, **dict.fromkeys(("mean_pct", "base_pct", "edge_pct", "low_pct", "high_pct", "up_share"))}
    bases = {s: _base(windows[s].values(), span) for s in {w.symbol for w in inside}}
    mean = math.fsum(w.value for w in inside) / len(inside)
    base = math.fsum(bases[w.symbol] for w in inside) / len(inside)
    interval = excess_interval(
        [{"entry_date": w.entry, "excess_return_pct": w.value - bases[w.symbol]} for w in inside], horizon
    )
    return {
        "n": len(inside),
        "mean_pct": mean,
        "base_pct": base,
        "edge_pct": mean - base,
        "low_pct": interval[0] if interval else None,
        "high_pct": interval[1] if interval else None,
        "up_share": sum(w.value > 0 for w in inside) / len(inside),
    }


def _base(windows: Iterable[Window], span: tuple[date, date]) -> float:
    values = [w.value for w in windows if span[0] <= w.entry and (w.exit < span[1] or span[1] == date.max)]
    return math.fsum(values) / len(values)


_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
RETURNS = "select symbol, trade_date, total_return_pct from marts.daily_metrics order by symbol, trade_date"
_CRYPTO = "select symbol as found from lake.instruments where kind = 'crypto'"
SESSIONS = "select trade_date as found from lake.sessions"
_LISTED = """
    select name, horizon, author, added_at, condition, tests, n, mean_pct, base_pct, low_pct, high_pct, later_n,
        later_mean_pct, live_n, words
    from marts.hypotheses order by added_at, name
"""
_HELD = "select name, condition, horizon, added_at, coalesce(live_n, 0) as live_n from marts.hypotheses"
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
    keep: note.Keep,
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
    if not _NAME.fullmatch(name):
        raise UsageWrong(f"hypothesis: {name!r} is no name; allowed: small letters, digits, - and _, at most 40")
    if any(row["name"] == name for row in note.query_on(con)(_HELD, ())):
        raise UsageWrong(f"hypothesis: {name!r} is there already, and what was written down does not change")
    found = len(_signals(Sandbox(reader, bounds, "hypothesis"), condition))
    document = {
        "document": "hypothesis", "name": name, "condition": condition.strip(), "horizon": horizon, "author": author,
        "added_at": note.stamp(now),
    }  # fmt: skip
    answer = keep("hypothesis", name, note.body_of(document))
    annotations.insert(con, "hypotheses", [annotations.hypothesis_row(answer)])
    return Outcome(f"hypothesis {name} written down; it has signalled {found} times; `mfo hypothesis test {name}`")


def test(
    con: "DuckDBPyConnection",
    reader: "DuckDBPyConnection",
    bounds: Bounds,
    *,
    name: str,
    split: date | None,
    keep: note.Keep,
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
    query = note.query_on(con)
    held = {str(row["name"]): row for row in query(_HELD, ())}
    if name not in held:
        raise UsageWrong(f"hypothesis: there is no {name!r}; there are: {', '.join(held) or 'none'}")
    document = _tested(query, reader, bounds, held[name], split, now)
    answer = keep("hypothesis_test", name, note.body_of(document))
    annotations.insert(con, "hypothesis_tests", [annotations.test_row(answer)])
    notes = (str(document["warning"]),) if document["warning"] else ()
    return Outcome(f"hypothesis {name}: {document['words']}", notes=notes, details={"document": document})


def settle(
    con: "DuckDBPyConnection", reader: "DuckDBPyConnection", bounds: Bounds, *, keep: note.Keep, now: datetime
) -> Outcome | None:
    """
    Test again each hypothesis of which a signal fell due since its last test; None where there is none at all.

    A condition that does not run any more, or not within `bounds`, is noted and stops nothing: the day does not hang
    on somebody's SQL.
    """
    query = note.query_on(con)
    held = query(_HELD, ())
    settled, notes = [], []
    for row in held:
        try:
            document = _tested(query, reader, bounds, row, None, now)
        except (UsageWrong, LimitMet) as error:
            notes.append(f"{row['name']}: {error}")
            continue
        figures: dict[str, Any] = document["live"]  # type: ignore[assignment]  # as `_tested` makes it
        if figures["n"] > int(str(row["live_n"])):
            answer = keep("hypothesis_test", str(row["name"]), note.body_of(document))
            annotations.insert(con, "hypothesis_tests", [annotations.test_row(answer)])
            settled.append(str(row["name"]))
    said = f": {', '.join(settled)}" if settled else ""
    line = f"{len(settled)} of {len(held)} hypotheses had signals that fell due{said}"
    return Outcome(line, notes=tuple(notes)) if held else None


def listed(con: "DuckDBPyConnection") -> list[str]:
    """One line for each hypothesis."""
    rows = note.query_on(con)(_LISTED, ())
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
    query: note.NoteQuery,
    reader: "DuckDBPyConnection",
    bounds: Bounds,
    row: note.NoteRow,
    split: date | None,
    now: datetime,
) -> note.NoteRow:
    condition, horizon = str(row["condition"]), int(str(row["horizon"]))
    guard = Sandbox(reader, bounds, "hypothesis")
    days: dict[str, list[tuple[date, float | None]]] = {}
    for symbol, day, value in guard.over(lambda: reader.execute(RETURNS).fetchall()):
        days.setdefault(symbol, []).append((day, value))
    added = datetime.fromisoformat(str(row["added_at"])).date()
    dates = sorted({day for each in days.values() for day, _ in each if day < added})
    split = split or (dates[int(DISCOVERY_SHARE * (len(dates) - 1))] if dates else added)
    crypto = {row["found"] for row in query(_CRYPTO, ())}
    sessions = cast("set[date]", {row["found"] for row in query(SESSIONS, ())})
    windows = {
        symbol: windows_of(symbol, each, horizon, sessions if symbol in crypto else None)
        for symbol, each in days.items()
    }
    figures = judged(_signals(guard, condition), windows, horizon, split, added)
    tries = int(str(query(TRIED, (condition, str(horizon)))[0]["n"])) + 1
    return {
        "document": "hypothesis_test", "name": row["name"], "condition": condition, "horizon": horizon,
        "split": split.isoformat(), "tested_at": note.stamp(now), "tries": tries,
        "words": verdict(figures), "warning": warning(tries), **figures,
    }  # fmt: skip


def _signals(guard: Sandbox, condition: str) -> list[tuple[str, date]]:
    sql = f"select symbol, trade_date from marts.daily_metrics where (\n{condition}\n) order by symbol, trade_date"
    found = guard.execute(sql)
    return [(str(symbol), day) for symbol, day in guard.over(found.fetchall)]
