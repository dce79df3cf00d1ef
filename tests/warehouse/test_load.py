"""load: Parquet and the ledger into the next warehouse at one instant, then every model over it."""

import shutil
from datetime import date, timedelta

import pytest

from etl.domain import Request
from etl.warehouse import load
from etl.warehouse.as_of import CONFIGURATION
from tests.warehouse.publications import NOW, Publications, built, rows

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
THURSDAY, FRIDAY = date(2025, 10, 30), date(2025, 10, 31)


@pytest.fixture
def data(tmp_path, monkeypatch):
    """A data folder with one session of SPY."""
    monkeypatch.chdir(tmp_path)
    folder = Publications(tmp_path)
    folder.bar(THURSDAY, 100.0, NOW - 20 * HOUR)
    yield folder
    folder.close()


def test_new_parquet_becomes_rows_and_models(data):
    """The outcome counts both; the price stands in the marts with the answer that it came from."""
    with data.loaded(NOW, "run-1") as file:
        assert data.outcome.line == f"2 new rows in the lake, {len(built())} of {len(built())} models made"
        assert rows(file.con, "select symbol, trade_date, close, sequence, sha256 from marts.daily_prices") == [
            ("SPY", THURSDAY, 100.0, 1, "sha1")
        ]


def test_only_what_is_new_is_loaded(data):
    """A second load of the same Parquet adds nothing; a new file adds its rows."""
    data.publish(NOW, "run-1")
    data.publish(NOW + HOUR, "run-2")
    assert data.outcome.details["added"] == {}
    data.bar(FRIDAY, 101.0, NOW + HOUR)
    data.publish(NOW + 2 * HOUR, "run-3")
    assert data.outcome.details["added"] == {"bars": 1, "answers": 1}
    con = data.warehouse.read()
    assert rows(con, "select close from marts.daily_prices order by trade_date") == [(100.0,), (101.0,)]
    con.close()


def test_what_was_answered_after_the_instant_is_not_shown(data):
    """`view.as_of` is the run's instant: a row of later stays in the lake, out of every model."""
    data.bar(FRIDAY, 101.0, NOW + HOUR)
    with data.loaded(NOW, "run-1") as file:
        assert rows(file.con, "select count(*) from lake.bars") == [(2,)]
        assert rows(file.con, "select trade_date from marts.daily_prices") == [(THURSDAY,)]


def test_the_configuration_is_written_anew(data):
    """A symbol that left the universe leaves the marts."""
    data.publish(NOW, "run-1")
    with data.loaded(NOW + HOUR, "run-2", stocks=["NVDA"]) as file:
        symbols = {row[0] for row in rows(file.con, "select symbol from lake.instruments")}
        assert "NVDA" in symbols
        assert "AAPL" not in symbols
        counts = [rows(file.con, f"select count(*), count(distinct t) from lake.{n} as t")[0] for n in CONFIGURATION]
        assert all(count == distinct > 0 for count, distinct in counts)


def test_the_ledger_is_copied_once_with_the_publication_that_brought_it(data):
    """A request in flight comes with a later publication; documents of our own are no requests."""
    data.ask(NOW - HOUR, "ProviderDown")
    data.ledger.reserve(Request("fred", "macro", "DGS10", "/x"), load_limits(), "run-1")
    data.ledger.number(Request("mfo", "note", "2025-10-31", "/note"), "run-1")
    data.publish(NOW, "run-1")
    data.ledger.close(3, "ok")
    data.publish(NOW + HOUR, "run-2")
    con = data.warehouse.read()
    found = rows(con, "select sequence, source, verdict, known_at from lake.requests order by sequence")
    con.close()
    first, second = NOW.replace(tzinfo=None), (NOW + HOUR).replace(tzinfo=None)
    assert found == [
        (1, "alpha_vantage", "ok", first),
        (2, "alpha_vantage", "ProviderDown", first),
        (3, "fred", "ok", second),
    ]


def load_limits():
    """No limit at all."""
    from etl.domain import Limits

    return Limits()


def test_runs_that_ended_are_copied_and_this_one_stands_as_it_is(data):
    """A running one of another process is not; its end comes with a later publication."""
    data.clock.set(NOW - HOUR)
    ended, running = data.journal.begin_run("extract", 1), data.journal.begin_run("backfill", 2)
    data.journal.end_run(ended, "partial", {"extract": {"line": "1 of 2", "undone": ["QQQ"]}})
    this = data.journal.begin_run("run-daily", 3)
    data.publish(NOW, this)
    con = data.warehouse.read()
    found = rows(con, "select run_id, command, status, finished_at from lake.runs order by run_id")
    con.close()
    assert [(row[0], row[2]) for row in found] == [(ended, "partial"), (this, "success")]
    assert found[1][3] == NOW.replace(tzinfo=None)
    assert running not in {row[0] for row in found}


def test_a_publication_keeps_the_configuration_of_then(data):
    """For a look at the past with the universe of then; a run that publishes twice has one row."""
    data.publish(NOW, "run-1")
    data.publish(NOW, "run-1")
    con = data.warehouse.read()
    ((run_id, as_of, version, symbols),) = rows(
        con, "select run_id, as_of, version, json_array_length(configuration, '$.instruments') from lake.publications"
    )
    con.close()
    assert (run_id, as_of, version) == ("run-1", NOW.replace(tzinfo=None), "0.1.0")
    assert symbols == len(data.settings.universe.symbols())


def test_the_calendar_is_months_ahead_and_has_its_half_days(data):
    """Each session once; the day after Thanksgiving closes at 18:00 UTC."""
    data.publish(NOW, "run-1")
    data.publish(NOW + 90 * DAY, "run-2")
    con = data.warehouse.read()
    ((count, distinct, last),) = rows(
        con, "select count(*), count(distinct trade_date), max(trade_date) from lake.sessions"
    )
    half = rows(con, "select closed_at, is_half_day from lake.sessions where trade_date = date '2025-11-28'")
    con.close()
    assert count == distinct
    assert last > (NOW + 150 * DAY).date()
    assert [(closed_at.hour, is_half_day) for closed_at, is_half_day in half] == [(18, True)]


def test_a_warehouse_whose_parquet_is_gone_is_stale(data, tmp_path):
    """It is built from nothing then: a newer parser's files hold the same answers."""
    assert not load.is_stale(data.warehouse, data.parquet)
    data.publish(NOW, "run-1")
    assert not load.is_stale(data.warehouse, data.parquet)
    shutil.move(
        tmp_path / "parquet/bars/alpha_vantage/v1-000000001-000000001.parquet",
        tmp_path / "parquet/bars/alpha_vantage/v2-000000001-000000001.parquet",
    )
    assert load.is_stale(data.warehouse, data.parquet)
    data.publish(NOW + HOUR, "run-2", fresh=True)
    assert not load.is_stale(data.warehouse, data.parquet)


def test_a_rebuild_shows_the_same_and_forgets_no_publication(data):
    """What Parquet does not hold (publications, runs, requests, checks) is taken over from the file before it."""
    data.publish(NOW, "run-1")
    data.bar(FRIDAY, 101.0, NOW + HOUR)
    data.publish(NOW + 2 * HOUR, "run-2")
    tables = ("bars", "publications", "requests", "runs", "check_results")
    con = data.warehouse.read()
    before = {name: rows(con, f"select * from lake.{name} order by all") for name in tables}
    con.close()
    data.publish(NOW + 2 * HOUR, "run-2", fresh=True)
    con = data.warehouse.read()
    after = {name: rows(con, f"select * from lake.{name} order by all") for name in tables}
    con.close()
    assert after == before
    assert len(after["publications"]) == 2
