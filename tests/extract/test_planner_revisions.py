"""Revisions in the plan: the end of a series is read again with an overlap, all of it when its source says it moved."""

from datetime import UTC, datetime, timedelta

import pytest

from etl.config.loader import read_settings
from etl.config.schema import Tables, Universe
from etl.config.settings import Settings
from etl.domain import MACRO, SERIES_METADATA, DataRequest
from etl.extract.planner import due
from etl.extract.selection import Selection
from etl.market.sessions import last_closed
from etl.providers import PROVIDERS
from etl.providers.parsing import newest
from etl.state.database import StateDatabase
from etl.state.request_ledger import LastSuccess, RequestLedger
from tests.clocks import NotedClock
from tests.providers.made_up import FRED, answer, description, planned

NOW = datetime(2025, 11, 1, 3, 43, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SEPTEMBER = datetime(2025, 9, 1, tzinfo=UTC)
TWO = Universe(regions={}, asset_classes={}, stocks=[], series=["UNRATE", "DGS10"])


@pytest.fixture
def settings(tmp_path, monkeypatch) -> Settings:
    """A revised series and one that is not."""
    monkeypatch.chdir(tmp_path)
    return read_settings({"MFO_DATA_DIR": str(tmp_path)}).model_copy(update={"tables": Tables(universe=TWO)})


def planned_at(
    settings, macro: LastSuccess, series: LastSuccess | None, symbol: str, able=lambda name: True
) -> dict[str, DataRequest]:
    """dataset -> the want of one series."""

    def history(dataset, asked):
        found = {MACRO: macro, SERIES_METADATA: series}[dataset]
        return {found.provider: found} if found and asked == symbol else {}

    tasks = due(settings, history, NOW, last_closed(NOW), able, Selection(symbols=frozenset({symbol})))
    return {task.want.dataset: task.want for task in tasks}


@pytest.mark.parametrize(
    ("symbol", "last_updated", "first"),
    [
        ("UNRATE", NOW - 20 * DAY, SEPTEMBER - 800 * DAY),
        ("UNRATE", NOW - 9 * DAY, datetime(2010, 1, 1, tzinfo=UTC)),
        ("DGS10", NOW - 9 * DAY, SEPTEMBER - 60 * DAY),
    ],
)
def test_a_series_is_read_in_full_only_when_its_source_says_that_it_moved(settings, symbol, last_updated, first):
    """Read in full ten days ago: `last_updated` after that asks for all of it, if old values can change at all."""
    macro = LastSuccess("fred", NOW - DAY, SEPTEMBER, NOW - 10 * DAY)
    wants = planned_at(settings, macro, LastSuccess("fred", NOW - HOUR, last_updated), symbol)
    assert wants == {MACRO: DataRequest(MACRO, symbol, first)}


def test_the_metadata_of_a_revised_series_is_asked_for_once_a_day(settings):
    """One cheap call; of a series that is not revised once a month, because only its units are wanted."""
    macro = LastSuccess("fred", NOW - HOUR, SEPTEMBER, NOW - HOUR)
    for symbol, hours, is_due in (("UNRATE", 19, False), ("UNRATE", 21, True), ("DGS10", 24 * 29, False)):
        wants = planned_at(settings, macro, LastSuccess("fred", NOW - hours * HOUR, NOW - 40 * DAY), symbol)
        assert (SERIES_METADATA in wants) is is_due


def test_without_metadata_a_full_reading_is_good_for_a_month(settings):
    """fredgraph.csv says nothing of updates; a full reading costs the same one call as an overlap."""
    for days, first in ((29, SEPTEMBER - 800 * DAY), (30, datetime(2010, 1, 1, tzinfo=UTC))):
        macro = LastSuccess("fred_graph", NOW - DAY, SEPTEMBER, NOW - days * DAY)
        assert planned_at(settings, macro, None, "UNRATE", lambda name: name == "fred_graph") == {
            MACRO: DataRequest(MACRO, "UNRATE", first)
        }


def test_the_ledger_knows_when_a_series_was_last_asked_for_from_its_beginning(tmp_path):
    """An overlap at its end is a good answer, and no full one."""
    state = StateDatabase(tmp_path / "state.db")
    for provider in ("fred", "fred_graph"):
        for days, since in ((30, datetime(2010, 1, 1, tzinfo=UTC)), (2, NOW - 62 * DAY), (1, NOW - 61 * DAY)):
            ledger = RequestLedger(state, NotedClock(NOW - days * DAY))
            (request,) = PROVIDERS[provider].plan(DataRequest(MACRO, "UNRATE", since), NOW)
            ledger.close(ledger.reserve(request, PROVIDERS[provider].limits, "run"), "ok", newest_at=SEPTEMBER)
        assert ledger.last_good(MACRO, "UNRATE")[provider] == LastSuccess(
            provider, NOW - DAY, SEPTEMBER, NOW - 30 * DAY
        )
    state.close()


def test_a_description_is_as_new_as_its_last_update():
    """What the ledger keeps of it is FRED's own `last_updated`."""
    described = answer(planned(FRED, SERIES_METADATA, "UNRATE"), description("UNRATE"))
    assert newest(list(FRED.parse(described)), NOW) == datetime(2025, 10, 31, 20, 19, 1, tzinfo=UTC)
