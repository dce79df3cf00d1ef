"""Scores: each call settled once by the fixed rule, against a second computation of it in Python."""

import math
import random
import statistics
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from etl.notes.documents import note as records
from etl.notes.documents.scoring_rule import benchmark_of
from etl.notes.scoring import score
from tests.notes.made_warehouse import Keeper, build, publish, rows, sessions, warehouse, weekdays

DAYS = weekdays(date(2021, 1, 4), 1000)
NOTED = 900  # the session whose note is scored; it is published the morning after, before the next session
PUBLISHED_AT = datetime.combine(DAYS[NOTED + 1], datetime.min.time(), UTC) + timedelta(hours=11, minutes=30)


@dataclass
class World:
    """A warehouse with a random walk per symbol; `returns[symbol][day]` in percent."""

    con: duckdb.DuckDBPyConnection
    returns: dict[str, dict[date, float]]

    def between(self, symbol: str, first: date, last: date) -> float:
        """The total log return of a symbol from the close of `first` to that of `last`."""
        return sum(math.log1p(r / 100) for d, r in self.returns[symbol].items() if first < d <= last)

    def excess(self, symbol: str, first: date, last: date) -> float:
        """The same, less that of the benchmark."""
        return self.between(symbol, first, last) - self.between(benchmark_of(symbol), first, last)


def world(anchor: int, seed: int = 5, skip: tuple[str, int] | None = None) -> World:
    """Prices up to session `anchor`; `skip` leaves out one symbol's price of one session."""
    con, dice = warehouse(), random.Random(seed)
    sessions(con, DAYS, DAYS[anchor])
    every_day = [DAYS[0] + timedelta(days=n) for n in range((DAYS[anchor] - DAYS[0]).days + 1)]
    returns: dict[str, dict[date, float]] = {}
    for symbol, days in (("SPY", DAYS), ("BIL", DAYS), ("FXI", DAYS), ("BTCUSDT", every_day), ("ETHUSDT", every_day)):
        spread = 0.01 if symbol == "BIL" else 1.0
        returns[symbol] = {d: dice.gauss(0.02, spread) for d in days if d <= DAYS[anchor]}
        if skip and skip[0] == symbol:
            del returns[symbol][DAYS[skip[1]]]
        values = [
            [symbol, d, None if d == days[0] else r, datetime(d.year, d.month, d.day, 22)]  # noqa: DTZ001 - as kept
            for d, r in returns[symbol].items()
        ]
        names = ("symbol", "trade_date", "total_return_pct", "known_at")
        con.register("walk", pa.table(dict(zip(names, map(list, zip(*values, strict=True)), strict=True))))
        con.execute(f"insert into marts.daily_metrics ({', '.join(names)}) from walk")
        con.unregister("walk")
    publish(con, datetime.combine(DAYS[anchor], datetime.min.time(), UTC) + timedelta(hours=23))
    return World(con, returns)


def note(
    world: World, *calls: tuple[str, str, int], published_at: datetime = PUBLISHED_AT, for_date: date = DAYS[NOTED],
    model: str = "a-model", kind: str = "live", verified: bool = True,
) -> None:  # fmt: skip
    """Keep a note with these (symbol, stance, horizon)."""
    document: dict[str, Any] = {
        "document": "note", "for_date": str(for_date), "scope": "portfolio",
        "published_at": records.stamp(published_at),
        "kind": kind, "model": model, "verified": verified, "summary": "", "facts": [], "prompt": "daily@1",
        "recommendations": [
            {"symbol": s, "stance": stance, "horizon": h, "confidence": 0.6, "benchmark": benchmark_of(s)}
            for s, stance, h in calls
        ],
    }  # fmt: skip
    document["note_id"] = records.note_id_of(document)
    answer = Keeper(published_at)("note", "x", records.body_of(document))
    records.insert_notes(world.con, [records.note_row(answer)])


def scored(world: World, keeper: Keeper | None = None) -> Any:
    """Build, settle, build again."""
    build(world.con)
    now = world.con.execute("select as_of from lake.publication").fetchall()[0][0].replace(tzinfo=UTC)
    outcome = score.run(world.con, keep=keeper or Keeper(now), now=now, run_id="run-1")
    build(world.con)
    return outcome


def scores(world: World) -> list[dict[str, Any]]:
    """What was settled."""
    return rows(world.con, "select * from marts.recommendation_scores order by model, symbol, horizon, position")


def test_a_call_is_settled_by_the_rule_at_the_close_h_sessions_after_the_first_close_after_publication() -> None:
    """Entry, exit, benchmark, excess and hit against a second computation, for every stance, horizon and benchmark."""
    w = world(980)
    calls = [
        ("FXI", "overweight", 5),
        ("SPY", "underweight", 21),
        ("ETHUSDT", "neutral", 63),
        ("BTCUSDT", "neutral", 5),
    ]
    note(w, *calls)
    assert scored(w).details == {"settled": 4, "voids": 0, "pending": 0}
    entry = DAYS[NOTED + 1]
    for row in scores(w):
        exit_ = DAYS[NOTED + 1 + row["horizon"]]
        excess = w.excess(row["symbol"], entry, exit_)
        assert (row["entry_date"], row["exit_date"]) == (entry, exit_)
        assert row["benchmark"] == {"FXI": "SPY", "SPY": "BIL", "ETHUSDT": "BTCUSDT", "BTCUSDT": "BIL"}[row["symbol"]]
        assert row["excess_return_pct"] == pytest.approx(100 * excess, abs=1e-9)
        daily = [w.excess(row["symbol"], DAYS[n - 1], DAYS[n]) for n in range(NOTED - 251, NOTED + 1)]
        width = 0.5 * statistics.stdev(daily) * math.sqrt(row["horizon"])
        hit = {"overweight": excess > 0, "underweight": excess < 0, "neutral": abs(excess) <= width}[row["stance"]]
        assert row["is_hit"] is hit


def test_the_base_rate_is_the_stances_own_frequency_over_the_windows_settled_before() -> None:
    """All windows that ended before publication, at most 1260; a neutral one needs its own year before it."""
    w = world(980)
    note(w, ("FXI", "overweight", 21), ("SPY", "neutral", 21))
    scored(w)
    by_symbol = {row["symbol"]: row["base_rate"] for row in scores(w)}
    starts = range(NOTED - 21 + 1)
    ups = [w.excess("FXI", DAYS[n], DAYS[n + 21]) > 0 for n in starts]
    assert by_symbol["FXI"] == pytest.approx(sum(ups) / len(ups))
    daily = [w.excess("SPY", DAYS[n - 1], DAYS[n]) for n in range(1, NOTED + 1)]
    within = [
        abs(w.excess("SPY", DAYS[n], DAYS[n + 21])) <= 0.5 * statistics.stdev(daily[n - 252 : n]) * math.sqrt(21)
        for n in starts
        if n >= 252
    ]
    assert by_symbol["SPY"] == pytest.approx(sum(within) / len(within))


def test_the_base_rate_is_unknown_under_a_year_of_windows() -> None:
    """251 windows are too few."""
    w = world(400)
    day = DAYS[270]
    published = datetime.combine(DAYS[271], datetime.min.time(), UTC) + timedelta(hours=11)
    note(w, ("FXI", "overweight", 21), ("FXI", "overweight", 5), for_date=day, published_at=published)
    scored(w)
    assert {row["horizon"]: row["base_rate"] is None for row in scores(w)} == {21: True, 5: False}


def test_a_settled_call_never_changes() -> None:
    """Revised prices and a second run leave it as it is; the kept document gives the same rows again."""
    w, keeper = world(980), Keeper()
    note(w, ("FXI", "overweight", 5))
    scored(w, keeper)
    before = scores(w)
    w.con.execute("update marts.daily_metrics set total_return_pct = 3 where symbol = 'FXI'")
    assert scored(w).details["settled"] == 0
    assert scores(w) == before
    kept = w.con.execute("select * from lake.settlements").fetchall()
    w.con.execute("delete from lake.settlements")
    records.insert_settlements(w.con, records.settlement_rows(keeper.answers[0]))
    assert w.con.execute("select * from lake.settlements").fetchall() == kept


def test_a_call_is_pending_until_its_exit_is_final() -> None:
    """One session earlier nothing is settled; the open call is listed with its dates."""
    w = world(NOTED + 1 + 4)
    note(w, ("FXI", "overweight", 5))
    assert scored(w).details == {"settled": 0, "voids": 0, "pending": 1}
    assert rows(w.con, "select status, exit_date from aggregates.scoring__outcomes") == [
        {"status": "pending", "exit_date": DAYS[NOTED + 6]}
    ]


@pytest.mark.parametrize(("later", "status"), [(9, None), (10, "void")])
def test_a_missing_price_makes_the_call_void_after_ten_sessions(later: int, status: str | None) -> None:
    """Until then it waits; a void has no outcome and is counted."""
    w = world(NOTED + 6 + later, skip=("FXI", NOTED + 6))
    note(w, ("FXI", "overweight", 5))
    outcome = scored(w)
    assert outcome.details["voids"] == (1 if status else 0)
    assert [(r["status"], r["excess_return_pct"], r["is_hit"]) for r in scores(w)] == (
        [(status, None, None)] if status else []
    )


def test_only_the_first_version_of_a_call_counts() -> None:
    """A second version and a second call of the note for the same symbol and horizon are not scored; others are."""
    w = world(980)
    note(w, ("FXI", "overweight", 5), ("FXI", "underweight", 5), ("FXI", "overweight", 21))
    note(w, ("FXI", "underweight", 5), published_at=PUBLISHED_AT + timedelta(hours=2))
    note(w, ("FXI", "neutral", 5), model="rules")
    note(w, ("SPY", "neutral", 5), verified=False)
    scored(w)
    assert [(r["model"], r["stance"], r["horizon"]) for r in scores(w)] == [
        ("a-model", "overweight", 5), ("a-model", "overweight", 21), ("rules", "neutral", 5),
    ]  # fmt: skip


def test_a_replayed_note_enters_after_its_own_date_and_is_marked() -> None:
    """Written in hindsight, it is scored as it would have entered, apart from what is live."""
    w = world(980)
    note(w, ("FXI", "overweight", 5), kind="replay", published_at=PUBLISHED_AT + timedelta(days=60))
    scored(w)
    assert [(r["kind"], r["entry_date"]) for r in scores(w)] == [("replay", DAYS[NOTED + 1])]


def test_nothing_after_the_exit_moves_a_score() -> None:
    """Point in time: other prices later, and other prices before entry after publication, leave all figures alone."""
    one, other = world(980), world(980)
    for w in (one, other):
        note(w, ("FXI", "overweight", 21), ("SPY", "neutral", 5))
    changed = [DAYS[NOTED + 1 + 22], DAYS[970]]
    for day in changed:
        other.con.execute("update marts.daily_metrics set total_return_pct = 9 where trade_date = ?", [day])
    scored(one)
    scored(other)
    assert scores(one) == scores(other)
