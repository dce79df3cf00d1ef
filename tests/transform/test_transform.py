"""transform: each kept answer read once by each version of its parser, finality by the calendar."""

import json
import shutil
import time
from datetime import UTC, datetime, timedelta

import pytest

from etl.domain import ACTIONS, CRYPTO_1D, EQUITY_DAILY, MACRO, ORDER_BOOK, SERIES_METADATA, Request
from etl.errors import DataWrong
from etl.raw.store import RawStore
from etl.transform.parquet import Parquet
from tests.providers import made_up
from tests.providers.made_up import ALPHA_VANTAGE, BINANCE, FRED, NOW, YAHOO, planned
from tests.transform.readings import SPY, daily

DAY = timedelta(days=1)


# what is read


def test_an_answer_becomes_typed_rows_that_lead_back_to_it(readings):
    """Source, sequence, instant and sha256 of the body stand on each row."""
    answer = readings.keep(SPY, daily())
    assert readings.run().line == "1 answers read, 4 rows"
    rows = readings.rows("bars")
    assert [row["opened_at"] for row in rows] == [datetime(2025, 10, day, 13, 30) for day in (28, 29, 30, 31)]  # noqa: DTZ001 - the lake's own form
    assert {(r["symbol"], r["source"], r["sequence"], r["sha256"]) for r in rows} == {
        ("SPY", "alpha_vantage", 1, answer.sha256)
    }
    assert {(r["interval"], r["adjustment"], r["fetched_at"]) for r in rows} == {
        ("1d", "raw", NOW.replace(tzinfo=None))
    }
    (kept,) = readings.rows("answers")
    assert (kept["sequence"], kept["status"], kept["dataset"]) == (1, 200, EQUITY_DAILY)


def test_every_kind_of_row_finds_its_relation(readings):
    """Bars, actions, observations, a series' description, the levels of a book."""
    readings.keep(planned(YAHOO, ACTIONS, "SPY"), made_up.chart())
    readings.keep(planned(FRED, MACRO, "DGS10"), made_up.observations(("2025-10-29", "4.1"), ("2025-10-30", ".")))
    readings.keep(planned(FRED, SERIES_METADATA, "DGS10"), made_up.description())
    book = {"lastUpdateId": 1, "bids": [["9", "1"], ["8", "2"]], "asks": [["10", "1"]]}
    readings.keep(planned(BINANCE, ORDER_BOOK, "BTCUSDT"), book)
    readings.run()
    assert {
        name: len(readings.rows(name)) for name in ("bars", "actions", "observations", "series", "book_levels")
    } == {"bars": 3, "actions": 2, "observations": 2, "series": 1, "book_levels": 3}
    assert [row["value"] for row in readings.rows("observations")] == [4.1, None]
    assert [(r["side"], r["level"], r["price"]) for r in readings.rows("book_levels")] == [
        *(("bid", 1, 9.0), ("bid", 2, 8.0), ("ask", 1, 10.0))
    ]


def test_an_answer_is_read_once(readings):
    """A second run reads what came since."""
    readings.keep(SPY, daily())
    readings.run()
    assert readings.run().line == "0 answers read, 0 rows"
    readings.keep(SPY, daily())
    assert readings.run().line == "1 answers read, 4 rows"
    assert len(readings.rows("bars")) == 8


def test_answers_are_written_in_the_order_of_their_asking(readings):
    """However long each takes to read: the files are the same on every machine."""
    slow = {1: 0.05, 4: 0.03}

    class Slow(RawStore):
        def open(self, path):
            time.sleep(slow.get(int(path.stem), 0))
            return super().open(path)

    readings.lake = Slow(readings.lake.root)
    for close in range(10, 18):
        readings.keep(SPY, daily(close=f"{close}.5"))
    readings.run()
    assert [row["sequence"] for row in readings.rows("answers")] == list(range(1, 9))


def test_everything_is_read_again_where_that_is_asked(readings):
    """`transform --all`: the same rows, no file twice."""
    readings.keep(SPY, daily())
    readings.run()
    readings.keep(SPY, daily())
    readings.run()
    assert readings.run(everything=True).line == "2 answers read, 8 rows"
    assert len(readings.rows("bars")) == 8


@pytest.mark.parametrize("body", [{"Information": "premium"}, {}, b"", b"<html>", b"{half", {"Error Message": "x"}])
def test_an_error_body_with_status_200_is_never_data(readings, body):
    """It is kept, listed as an answer, and no row comes of it."""
    readings.keep(SPY, body)
    assert readings.run().line == "1 answers read, 0 rows"
    assert readings.files() == ["answers/alpha_vantage/v1-000000001-000000001.parquet"]


@pytest.mark.parametrize("gone", ["parquet", "parquet/bars", "parquet/bars/alpha_vantage"])
def test_parquet_that_is_gone_is_made_again_from_the_lake(readings, tmp_path, gone):
    """Deleting anything right of the raw lake loses nothing: it is not taken for read."""
    readings.keep(SPY, daily())
    readings.keep(planned(FRED, MACRO, "DGS10"), made_up.observations(("2025-10-30", "4.1")))
    readings.run()
    shutil.rmtree(tmp_path / gone)
    outcome = readings.run()
    assert outcome.line == "2 answers read, 5 rows"
    assert outcome.notes[0].endswith("Parquet files were gone: every answer was read again")
    assert (len(readings.rows("bars")), len(readings.rows("observations"))) == (4, 1)
    assert readings.run().line == "0 answers read, 0 rows"


def test_a_changed_body_stops_the_route(readings, tmp_path):
    """Nothing is made of bytes that are not what was answered."""
    readings.keep(SPY, daily())
    (body,) = tmp_path.glob("lake/*/bodies/*/*")
    body.write_bytes(b"{}")
    with pytest.raises(DataWrong, match="changed since it was kept"):
        readings.run()


# what is final


@pytest.mark.parametrize(
    ("day", "asked_at", "is_final"),
    [
        pytest.param("2025-10-31", datetime(2025, 10, 31, 20, 59, 59, tzinfo=UTC), False, id="59 minutes after"),
        pytest.param("2025-10-31", datetime(2025, 10, 31, 21, 0, tzinfo=UTC), True, id="60 minutes after"),
        pytest.param("2025-10-31", datetime(2025, 10, 31, 17, 0, tzinfo=UTC), False, id="a running session"),
        pytest.param("2025-11-28", datetime(2025, 11, 28, 18, 59, tzinfo=UTC), False, id="a half day, 59 minutes"),
        pytest.param("2025-11-28", datetime(2025, 11, 28, 19, 0, tzinfo=UTC), True, id="a half day, 60 minutes"),
        pytest.param("2025-11-03", datetime(2025, 11, 3, 21, 59, tzinfo=UTC), False, id="winter, 59 minutes"),
        pytest.param("2025-11-03", datetime(2025, 11, 3, 22, 0, tzinfo=UTC), True, id="winter, 60 minutes"),
    ],
)
def test_an_equity_day_is_final_60_minutes_after_its_close(readings, day, asked_at, is_final):
    """Half days close at 13:00 in New York; a row that is not final is kept as such."""
    readings.keep(SPY, made_up.daily(day), at=asked_at)
    readings.run()
    assert [row["is_final"] for row in readings.rows("bars")] == [is_final]


def test_the_servers_clock_counts_where_it_is_behind_ours(readings):
    """MFO_NOW and the machine may both be wrong: a day is over when both say so."""
    readings.keep(SPY, daily(), at=NOW, date="Fri, 31 Oct 2025 20:30:00 GMT")
    readings.run()
    assert [row["is_final"] for row in readings.rows("bars")] == [True, True, True, False]


def test_a_candle_is_final_when_it_has_closed(readings):
    """The running one is not there at all."""
    midnight = NOW.replace(hour=0, minute=0)
    request = BINANCE.plan(made_up.DataRequest(CRYPTO_1D, "BTCUSDT", midnight - 2 * DAY), NOW)[0]
    readings.keep(request, [made_up.candle(midnight - n * DAY) for n in (2, 1, 0)])
    readings.run()
    assert [(r["opened_at"], r["is_final"]) for r in readings.rows("bars")] == [
        ((midnight - n * DAY).replace(tzinfo=None), True) for n in (2, 1)
    ]


def test_a_row_says_from_when_it_could_be_known(readings):
    """For replays: a bar an hour after its close, FRED by its release in St. Louis."""
    readings.keep(SPY, made_up.daily("2025-10-31"))
    readings.keep(planned(FRED, MACRO, "DGS10"), made_up.observations(("2025-10-30", "4.1")))
    readings.run()
    assert readings.rows("bars")[0]["published_at"] == datetime(2025, 10, 31, 21, 0)  # noqa: DTZ001 - the lake's own form
    assert readings.rows("observations")[0]["published_at"] == datetime(2025, 10, 31, 21, 0)  # noqa: DTZ001 - as above


# a new parser


def newer(provider):
    """The same parser under a new version."""
    changed = type(provider)()
    changed.parser_version = provider.parser_version + 1
    return changed


def test_a_new_parser_reads_again_and_the_old_parquet_is_dropped(readings):
    """Only of its own source; nothing of the old reading stays."""
    readings.keep(SPY, daily())
    readings.keep(planned(FRED, MACRO, "DGS10"), made_up.observations(("2025-10-30", "4.1")))
    readings.run()
    readings.providers["alpha_vantage"] = newer(ALPHA_VANTAGE)
    assert readings.run().line == "1 answers read, 4 rows"
    assert {name.split("/", 1)[1][:-28] for name in readings.files()} == {"alpha_vantage/v2", "fred/v1"}
    assert len(readings.rows("bars")) == 4
    assert readings.run().line == "0 answers read, 0 rows"


def test_a_kill_before_the_old_parquet_was_dropped_leaves_none_in_the_end(readings, monkeypatch):
    """The next run has nothing to read, and still drops it."""
    readings.keep(SPY, daily())
    readings.run()
    readings.providers["alpha_vantage"] = newer(ALPHA_VANTAGE)
    with monkeypatch.context() as killed:
        killed.setattr(Parquet, "of_other_versions", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            readings.run()
    readings.run()
    assert all("/v2-" in name for name in readings.files())
    assert len(readings.rows("bars")) == 4


def test_answers_of_a_provider_that_is_gone_stay_unread(readings):
    """Its answers stay in the lake, and hinder nothing."""
    readings.keep(SPY, daily())
    del readings.providers["alpha_vantage"]
    assert readings.run().line == "0 answers read, 0 rows"
    assert len(readings.lake.sequences()) == 1


def test_our_own_documents_become_answers_and_no_bars(readings):
    """A prompt stays in the lake only."""
    readings.keep(Request("mfo", "prompt", "2025-10-31", "/prompt"), json.dumps({"document": "prompt"}).encode())
    assert readings.run().line == "1 answers read, 0 rows"
    assert [row["source"] for row in readings.rows("answers")] == ["mfo"]
