"""Looks at the past: what was known at an instant, with the universe and the ledger of then, and nothing later."""

from datetime import date, timedelta

import pytest

from etl.errors import ChecksFailed, DataWrong, NeverPublished, UsageWrong
from etl.warehouse import file as migration_
from etl.warehouse import time_travel
from etl.warehouse.time_travel import PastInstant, reading, seen_as_of
from tests.warehouse.publications import NOW, Publications, rows
from tests.warehouse.warehouses import SQL

HOUR = timedelta(hours=1)
THURSDAY, FRIDAY = date(2025, 10, 30), date(2025, 10, 31)


@pytest.fixture
def data(tmp_path, monkeypatch):
    """Thursday's close published; then it was revised, Friday came, the universe changed; published again."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cache").mkdir()
    folder = Publications(tmp_path)
    folder.bar(THURSDAY, 100.0, NOW - 20 * HOUR)
    folder.publish(NOW, "run-1")
    folder.bar(THURSDAY, 100.5, NOW + HOUR)
    folder.bar(FRIDAY, 101.0, NOW + HOUR)
    folder.publish(NOW + 2 * HOUR, "run-2", stocks=["NVDA"])
    yield folder
    folder.close()


def seen(data, instant, basis="known"):
    """A look at an instant."""
    return seen_as_of(data.warehouse, data.folder / "cache", PastInstant(instant, basis), SQL)


def closes(con):
    """The closes that the marts show."""
    return rows(con, "select trade_date, close from marts.daily_prices order by trade_date")


def test_the_published_file_shows_the_newest(data):
    """Before any look at the past."""
    con = data.warehouse.read()
    assert closes(con) == [(THURSDAY, 100.5), (FRIDAY, 101.0)]
    con.close()


@pytest.mark.parametrize("minutes", [0, 1, 119])
def test_a_look_at_the_past_shows_the_last_publication_up_to_then(data, minutes):
    """The value before its revision, the universe of then, no later run or request."""
    with seen(data, NOW + timedelta(minutes=minutes)) as con:
        assert closes(con) == [(THURSDAY, 100.0)]
        assert rows(con, "select as_of, run_id, basis from lake.publication") == [
            (NOW.replace(tzinfo=None), "run-1", "known")
        ]
        symbols = {row[0] for row in rows(con, "select symbol from marts.instruments")}
        assert "AAPL" in symbols
        assert "NVDA" not in symbols
        assert rows(con, "select distinct run_id from marts.etl_runs") == [("run-1",)]
        assert len(rows(con, "select * from marts.requests")) == 1


def test_a_look_at_the_newest_instant_is_the_published_file(data):
    """Whatever is asked after it."""
    with seen(data, NOW + 20 * HOUR) as con:
        assert closes(con) == [(THURSDAY, 100.5), (FRIDAY, 101.0)]
        assert rows(con, "select run_id from lake.publication") == [("run-2",)]


def test_before_the_first_publication_there_is_nothing_to_see(data):
    """65, and when the first one was."""
    with (
        pytest.raises(NeverPublished, match="the first publication is of 2025-11-01T03:43:00Z"),
        seen(data, NOW - HOUR),
    ):
        pytest.fail("nothing was published then")


def test_a_replay_shows_what_was_out_at_an_instant(data):
    """`published`: Friday's close was out on Friday at 21:00 UTC, though it was fetched hours later."""
    with seen(data, NOW - 6 * HOUR, "published") as con:
        assert closes(con) == [(THURSDAY, 100.0), (FRIDAY, 101.0)]
        assert rows(con, "select basis from lake.publication") == [("published",)]
    with seen(data, NOW - 7 * HOUR, "published") as con:
        assert closes(con) == [(THURSDAY, 100.0)]


def looks(data):
    """The looks that are kept."""
    return sorted(path.name for path in (data.folder / "cache").iterdir())


def test_a_look_at_the_past_changes_nothing_and_leaves_one_file(data):
    """The published file is only read; no unfinished copy stays, also when the look ends in an error."""
    before = data.warehouse.path.read_bytes()
    with seen(data, NOW):
        pass
    with pytest.raises(KeyError), seen(data, NOW):
        raise KeyError("x")
    assert data.warehouse.path.read_bytes() == before
    assert [name.split(".")[0] for name in looks(data)] == ["look"]


def test_the_second_look_opens_what_the_first_one_built(data, monkeypatch):
    """Any instant of the same publication; another basis or a new publication is another look."""
    with seen(data, NOW):
        pass
    with monkeypatch.context() as no_more:
        no_more.setattr(time_travel, "write_past", lambda *_: pytest.fail("built again"))
        with seen(data, NOW + HOUR) as con:
            assert closes(con) == [(THURSDAY, 100.0)]
    with seen(data, NOW + HOUR, "published"):
        pass
    data.bar(FRIDAY, 102.0, NOW - HOUR)  # kept before the first publication, and read only now
    data.publish(NOW + 4 * HOUR, "run-3")
    with seen(data, NOW) as con:
        assert closes(con) == [(THURSDAY, 100.0), (FRIDAY, 102.0)]
    assert len(looks(data)) == 3


def test_few_looks_are_kept(data):
    """The oldest goes first, so that the cache does not grow with every instant that somebody asks for."""
    for hour in range(2 * time_travel.LOOKS_KEPT):
        with seen(data, NOW - hour * HOUR, "published"):
            pass
    assert len(looks(data)) == time_travel.LOOKS_KEPT
    with seen(data, NOW, "published") as con:
        assert closes(con) == [(THURSDAY, 100.0), (FRIDAY, 101.0)]


def later_than(con, instant):
    """(relation, column) of every instant in the file that is later; a session ahead and a last moment are none."""
    found = rows(
        con,
        "select schema_name, table_name, column_name from duckdb_columns() where database_name = 'warehouse' "
        "and column_name in ('known_at', 'fetched_at', 'as_of', 'settled_at', 'finished_at', 'answered_at')",
    )
    return [
        (f"{schema}.{table}", column)
        for schema, table, column in found
        if rows(con, f"select 1 from {schema}.{table} where {column} > '{instant:%Y-%m-%d %H:%M:%S}' limit 1")
    ]


def test_nothing_in_a_look_is_later_than_its_instant(data):
    """In no relation of any schema, the lake's versions, the ledger and the checks included."""
    con = data.warehouse.read()
    assert ("lake.bars", "fetched_at") in later_than(con, NOW)
    con.close()
    with seen(data, NOW) as con:
        assert later_than(con, NOW) == []
        assert rows(con, "select run_id from lake.publications") == [("run-1",)]
        assert rows(con, "select count(*) from lake.loaded_files") == [(0,)]


def test_a_replay_holds_nothing_that_was_not_out(data):
    """Of what was fetched later only the rows that it shows, by when they were out; no later publication or check."""
    instant = NOW - 6 * HOUR
    with seen(data, instant, "published") as con:
        shown = rows(con, "select known_at, fetched_at from staging.bars order by opened_at")
        assert [known <= instant.replace(tzinfo=None) < fetched for known, fetched in shown] == [False, True]
        assert {relation for relation, _ in later_than(con, instant)} <= {
            "lake.bars", "lake.answers", "staging.bars", "aggregates.bars_chosen"
        }  # fmt: skip
        assert [name for name, column in later_than(con, instant) if column == "known_at"] == []
        assert rows(con, "select close from lake.bars where opened_at::date = '2025-10-30'") == [(100.0,)]
        assert rows(con, "select count(*) from lake.publications") == [(0,)]
        assert rows(con, "select run_id from lake.publication") == [("replay-20251031T214300Z",)]
        assert rows(con, "select count(*) > 50, max(known_at) from marts.data_quality") == [
            (True, instant.replace(tzinfo=None))
        ]


def test_a_replay_that_breaks_a_check_is_not_shown(data):
    """65, with the check; nothing is kept of it."""
    data.bar(THURSDAY - timedelta(days=1), -1.0, NOW + HOUR)
    with data.loaded(NOW + 3 * HOUR, "run-3") as file:
        file.publish()
    with pytest.raises(ChecksFailed, match="daily_prices__prices_are_positive"), seen(data, NOW, "published"):
        pytest.fail("a negative price was shown")
    assert looks(data) == []


def test_a_file_of_another_version_is_not_taken_for_an_empty_past(data, monkeypatch):
    """After an upgrade the tables may differ: the next load builds them anew, and until then it is said."""
    monkeypatch.setattr(migration_, "WAREHOUSE_VERSION", migration_.WAREHOUSE_VERSION + 1)
    with pytest.raises(DataWrong, match="`mfo load` makes it anew"), seen(data, NOW):
        pytest.fail("it was opened")


def test_of_publications_at_one_instant_the_last_one_counts(data):
    """Under MFO_NOW every run has the same instant: the tenth run is after the ninth."""
    for number in range(3, 12):
        data.publish(NOW + 3 * HOUR, f"run-{number}")
    with seen(data, NOW + 3 * HOUR) as con:
        assert rows(con, "select run_id from lake.publication") == [("run-11",)]


def test_reading_opens_the_published_file_or_a_look_at_the_past(data):
    """What `mfo query` reads: by the marts' own names, and no writing."""
    with reading(data.settings, None) as con:
        assert rows(con, "select count(*) from daily_prices") == [(2,)]
    with reading(data.settings, PastInstant(NOW)) as con:
        assert rows(con, "select count(*) from daily_prices") == [(1,)]


def test_reading_before_the_first_run_says_what_to_run(tmp_path, data):
    """And makes no folder."""
    nowhere = data.settings.model_copy(update={"data_dir": tmp_path / "nowhere"})
    with pytest.raises(UsageWrong, match="mfo run-daily"), reading(nowhere, None):
        pytest.fail("nothing is published")
    assert not (tmp_path / "nowhere").exists()
