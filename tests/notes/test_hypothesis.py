"""Hypotheses: written down first, tested on what followed, and what many tries mean."""

import json
import math
import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from etl.errors import LimitMet, UsageWrong
from etl.notes.annotations import hypothesis
from etl.notes.annotations.hypothesis import HOLDS, NOTHING, TOO_FEW
from etl.notes.documents import annotations
from etl.warehouse.sandbox import Bounds
from tests.notes.made_warehouse import Keeper, build, publish, rows, sessions, warehouse, weekdays

BOUNDS = Bounds(60.0, "1GB")
DAYS = weekdays(date(2015, 1, 5), 1500)
ADDED = datetime.combine(DAYS[1200], datetime.min.time(), UTC)


def world(edge: float = 0.0, days: int = 1500, seed: int = 3) -> tuple[duckdb.DuckDBPyConnection, list[float]]:
    """A walk of SPY; every 20th day has RSI 20, and the return of the second day after it is `edge` higher."""
    con, dice = warehouse(), random.Random(seed)
    returns = [dice.gauss(0.02, 1.0) + (edge if n % 20 == 2 else 0.0) for n in range(days)]
    con.executemany(
        "insert into marts.daily_metrics (symbol, trade_date, total_return_pct, rsi14) values ('SPY', ?, ?, ?)",
        [[DAYS[n], returns[n], 20.0 if n % 20 == 0 else 50.0] for n in range(days)],
    )
    publish(con, ADDED)
    build(con)
    return con, returns


@contextmanager
def reader(con: duckdb.DuckDBPyConnection, folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The marts in a file, read only and locked, as the published one is."""
    path = folder / "published.duckdb"
    path.unlink(missing_ok=True)
    con.execute(f"attach '{path}' as published")
    con.execute("create schema published.marts")
    con.execute("create table published.marts.daily_metrics as from marts.daily_metrics")
    con.execute("detach published")
    with duckdb.connect(str(path), read_only=True) as reading:
        yield reading


def added(con: duckdb.DuckDBPyConnection, folder: Path, condition: str = "rsi14 < 30", **more: Any) -> Any:
    """Write one down."""
    said = {"name": "oversold", "horizon": 5, "author": "ana", "now": ADDED, "keep": Keeper(ADDED)} | more
    with reader(con, folder) as reading:
        outcome = hypothesis.add(con, reading, BOUNDS, condition=condition, **said)
    build(con)
    return outcome


def found_by(con: duckdb.DuckDBPyConnection, folder: Path, name: str = "oversold", **more: Any) -> dict[str, Any]:
    """Test one; the document that is kept."""
    options: dict[str, Any] = {"split": None, "now": ADDED, "keep": Keeper(ADDED)} | more
    with reader(con, folder) as reading:
        outcome = hypothesis.test(con, reading, BOUNDS, name=name, **options)
    build(con)
    return dict(outcome.details["document"])


def test_the_figures_are_those_of_a_second_computation(tmp_path: Path) -> None:
    """Entry at the close of the next bar, five bars held, logs; the base is every window of the period."""
    con, returns = world()
    added(con, tmp_path)
    found = found_by(con, tmp_path)
    logs = [math.log1p(r / 100) for r in returns]
    windows = {n: 100 * sum(logs[n + 2 : n + 7]) for n in range(1500 - 6)}
    hits = [windows[n] for n in range(0, 1500, 20) if n in windows]
    assert found["all"]["n"] == len(hits)
    assert found["all"]["mean_pct"] == pytest.approx(sum(hits) / len(hits))
    assert found["all"]["base_pct"] == pytest.approx(sum(windows.values()) / len(windows))
    split = DAYS.index(date.fromisoformat(found["split"]))
    before = [windows[n] for n in range(0, 1500, 20) if n + 6 < split]
    assert (found["discovery"]["n"], found["discovery"]["mean_pct"]) == (
        len(before), pytest.approx(sum(before) / len(before)),
    )  # fmt: skip
    live = [windows[n] for n in range(0, 1500, 20) if n + 1 >= 1200 and n in windows]
    assert (found["live"]["n"], found["live"]["mean_pct"]) == (len(live), pytest.approx(sum(live) / len(live)))


def test_a_coin_is_entered_and_left_at_the_utc_closes_of_session_dates(tmp_path: Path) -> None:
    """A horizon is sessions for it too: signals of Friday, Saturday and Sunday are all entered on Monday."""
    con, dice = warehouse(), random.Random(5)
    days = [date(2025, 1, 1) + timedelta(days=n) for n in range(120)]
    returns = {day: dice.gauss(0.0, 3.0) for day in days}
    con.execute("insert into lake.instruments values ('BTCUSDT', 'Bitcoin', 'crypto', false, 0)")
    con.executemany(
        "insert into marts.daily_metrics (symbol, trade_date, total_return_pct, rsi14) values ('BTCUSDT', ?, ?, ?)",
        [[day, value, 20.0 if day.weekday() >= 4 else 50.0] for day, value in returns.items()],
    )
    open_on = [day for day in days if day.weekday() < 5 and day != date(2025, 1, 20)]
    sessions(con, open_on, open_on[-1])
    publish(con, ADDED)
    build(con)
    added(con, tmp_path)
    found = found_by(con, tmp_path)["all"]
    values = []
    for day in (day for day in days if day.weekday() >= 4):
        later = [each for each in open_on if each > day]
        if len(later) > 5:
            held = [each for each in days if later[0] < each <= later[5]]
            values.append(100 * math.fsum(math.log1p(returns[each] / 100) for each in held))
    assert (found["n"], found["mean_pct"]) == (len(values), pytest.approx(sum(values) / len(values)))
    assert len(values) == 48


def test_a_true_edge_holds_and_chance_does_not(tmp_path: Path) -> None:
    """Three percent after each signal is found in discovery and later; nothing is not."""
    con, _ = world(edge=3.0)
    added(con, tmp_path)
    assert found_by(con, tmp_path)["words"] == HOLDS
    con, _ = world()
    added(con, tmp_path)
    assert found_by(con, tmp_path)["words"] == NOTHING


def test_a_handful_of_signals_is_not_judged(tmp_path: Path) -> None:
    """Under ten blocks there is no interval."""
    con, _ = world(days=100)
    added(con, tmp_path)
    found = found_by(con, tmp_path)
    assert found["words"] == TOO_FEW
    assert found["all"]["low_pct"] is None


def test_many_tries_are_warned_of_and_a_repeated_one_is_no_new_try(tmp_path: Path) -> None:
    """The fifth different condition brings the warning."""
    con, _ = world()
    for n in range(5):
        added(con, tmp_path, f"rsi14 < {30 + n}", name=f"h{n}")
        found_by(con, tmp_path, f"h{n}")
        found = found_by(con, tmp_path, f"h{n}")
        assert found["tries"] == n + 1
        assert (found["warning"] is not None) is (n == 4)
    assert "23 %" in found["warning"]


def test_what_was_written_down_does_not_change_and_stands_in_the_marts(tmp_path: Path) -> None:
    """The same name again is refused; the relation shows the last test; an earlier instant shows neither."""
    con, _ = world()
    added(con, tmp_path)
    with pytest.raises(UsageWrong, match="does not change"):
        added(con, tmp_path, "rsi14 > 70")
    found_by(con, tmp_path)
    (row,) = rows(con, "select name, condition, tests, n, words from marts.hypotheses")
    assert row == {"name": "oversold", "condition": "rsi14 < 30", "tests": 1, "n": 75, "words": NOTHING}
    publish(con, ADDED - timedelta(seconds=1))
    build(con)
    assert rows(con, "select * from marts.hypotheses") == []


@pytest.mark.parametrize(
    "condition",
    [
        "nosuch > 1",
        "rsi14 <",
        "true); drop table marts.daily_metrics; select (1",
        "close > (select count(*) from read_csv('/etc/passwd'))",
        "rsi14 < 30) or (select count(*) from read_text('/etc/hostname')) > (0",
        "rsi14 < 30) or (select count(*) from read_blob('{path}')) > (0",
        "rsi14 < 30) or (select count(*) from '{path}') > (0",
        "true); use memory; detach published; attach '{path}' as published; drop schema published.marts cascade; --",
        "true); copy (select 1) to '{path}.wal'; select 1 where (true",
    ],
)
def test_a_condition_that_is_none_or_reaches_out_is_refused(tmp_path: Path, condition: str) -> None:
    """One line; nothing is kept, dropped or read."""
    con, _ = world(days=50)
    with pytest.raises(UsageWrong, match="hypothesis: ") as caught:
        added(con, tmp_path, condition.format(path=tmp_path / "published.duckdb"))
    assert "\n" not in str(caught.value)
    assert rows(con, "select * from lake.hypotheses") == []
    assert [path.name for path in tmp_path.iterdir()] == ["published.duckdb"]
    with duckdb.connect(str(tmp_path / "published.duckdb"), read_only=True) as published:
        assert published.execute("select count(*) from marts.daily_metrics").fetchall() == [(50,)]


def test_a_name_that_is_none_is_refused(tmp_path: Path) -> None:
    """Small letters, digits, dashes."""
    con, _ = world(days=50)
    for name in ("", "Ober sold", "x" * 41, "-x"):
        with pytest.raises(UsageWrong, match="is no name"):
            added(con, tmp_path, name=name)
    with pytest.raises(UsageWrong, match="there are: none"):
        found_by(con, tmp_path)


def test_signals_that_fell_due_since_it_was_written_down_are_settled(tmp_path: Path) -> None:
    """Tested again once when new ones are due, and not again while there are none."""
    con, _ = world()
    added(con, tmp_path)
    keeper = Keeper(ADDED)
    with reader(con, tmp_path) as reading:
        first = hypothesis.settle(con, reading, BOUNDS, keep=keeper, now=ADDED)
        build(con)
        second = hypothesis.settle(con, reading, BOUNDS, keep=keeper, now=ADDED)
    assert first is not None
    assert "1 of 1 hypotheses had signals that fell due: oversold" in first.line
    assert second is not None
    assert second.line.startswith("0 of 1")
    assert len(keeper.answers) == 1
    assert json.loads(keeper.answers[0].body)["live"]["n"] > 5


def test_kept_documents_give_the_same_rows_when_the_lake_is_read_again(tmp_path: Path) -> None:
    """A hypothesis and its test."""
    con, _ = world()
    written, test = Keeper(ADDED), Keeper(ADDED)
    added(con, tmp_path, keep=written)
    found_by(con, tmp_path, keep=test)
    for relation, keeper, row_of in (
        ("hypotheses", written, annotations.hypothesis_row), ("hypothesis_tests", test, annotations.test_row),
    ):  # fmt: skip
        inserted = con.execute(f"select * from lake.{relation}").fetchall()
        con.execute(f"delete from lake.{relation}")
        annotations.insert(con, relation, [row_of(keeper.answers[0])])
        assert con.execute(f"select * from lake.{relation}").fetchall() == inserted


def test_a_condition_that_does_not_run_any_more_stops_no_day(tmp_path: Path) -> None:
    """A column went away: it is noted by name, and the other hypothesis is settled."""
    con, _ = world()
    added(con, tmp_path, "ma30 is null or rsi14 < 30", name="broken")
    added(con, tmp_path)
    con.execute("alter table marts.daily_metrics drop column ma30")
    with reader(con, tmp_path) as reading:
        outcome = hypothesis.settle(con, reading, BOUNDS, keep=Keeper(ADDED), now=ADDED)
    assert outcome is not None
    assert outcome.line.endswith("due: oversold")
    assert "broken: hypothesis: Binder Error" in outcome.notes[0]


SLOW = "(select count(*) from range(1000000000000) as t(i) where i % 7 = 3) > 0"
GREEDY = "len((select list(i) from range(100000000) as t(i))) > 0"
GROWING = """rsi14 < 30 and 0 = (
    select count(*) from marts.daily_metrics a, marts.daily_metrics b, marts.daily_metrics c, marts.daily_metrics d
    where hash(a.trade_date, b.trade_date, c.trade_date, d.trade_date) = 1
)"""


@pytest.mark.parametrize(
    ("condition", "bounds", "said"),
    [
        (SLOW, Bounds(0.5, "1GB"), r"hypothesis: stopped after 0.5 s; \[query\] timeout_s allows more"),
        (GREEDY, Bounds(60.0, "100MB"), r"hypothesis: needs more than 100MB of memory; \[query\] memory allows more"),
    ],
)
def test_a_condition_ends_at_the_limits_of_a_query(tmp_path: Path, condition: str, bounds: Bounds, said: str) -> None:
    """One line that says which setting allows more; nothing is written down."""
    con, _ = world(days=50)
    with reader(con, tmp_path) as reading, pytest.raises(LimitMet, match=said):
        hypothesis.add(
            con, reading, bounds, name="slow", condition=condition, horizon=5, author="ana", keep=Keeper(), now=ADDED
        )
    assert rows(con, "select * from lake.hypotheses") == []


def test_a_condition_that_has_become_too_slow_stops_no_day(tmp_path: Path) -> None:
    """It took no time over 30 days and takes hours over 1500: noted by name, and the other hypothesis is settled."""
    con, _ = world(days=30)
    added(con, tmp_path, GROWING, name="growing")
    added(con, tmp_path)
    con.executemany(
        "insert into marts.daily_metrics by name "
        "select * replace (trade_date + ?::integer as trade_date) from marts.daily_metrics limit 30",
        [[days] for days in range(50, 2500, 50)],
    )
    with reader(con, tmp_path) as reading:
        outcome = hypothesis.settle(con, reading, Bounds(1.0, "1GB"), keep=Keeper(ADDED), now=ADDED)
    assert outcome is not None
    assert outcome.notes == ("growing: hypothesis: stopped after 1 s; [query] timeout_s allows more (0: no limit)",)
    assert outcome.line == "1 of 2 hypotheses had signals that fell due: oversold"
