"""Views: the lake as it was known at an instant, with the universe and the ledger of then, and nothing later."""

from datetime import date, timedelta

import pytest

from etl.errors import NeverPublished, UsageWrong
from etl.stores.view import reading, seen_as_of
from tests.stages.publications import NOW, Publications, rows
from tests.stores.warehouses import SQL

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
    return seen_as_of(data.warehouse, data.folder / "cache", instant, basis, SQL)


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


def test_a_look_at_the_past_changes_nothing_and_leaves_nothing(data):
    """The published file is only read; the copy is deleted, also when the look ends in an error."""
    before = data.warehouse.path.read_bytes()
    with seen(data, NOW):
        pass
    with pytest.raises(KeyError), seen(data, NOW):
        raise KeyError("x")
    assert data.warehouse.path.read_bytes() == before
    assert list((data.folder / "cache").iterdir()) == []


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
    with reading(data.settings, NOW) as con:
        assert rows(con, "select count(*) from daily_prices") == [(1,)]


def test_reading_before_the_first_run_says_what_to_run(tmp_path, data):
    """And makes no folder."""
    nowhere = data.settings.model_copy(update={"data_dir": tmp_path / "nowhere"})
    with pytest.raises(UsageWrong, match="mfo run-daily"), reading(nowhere, None):
        pytest.fail("nothing is published")
    assert not (tmp_path / "nowhere").exists()
