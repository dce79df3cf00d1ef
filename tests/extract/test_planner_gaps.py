"""Gaps in the plan: after what the publication needs, the one asked for longest ago first, of whoever may have it."""

from datetime import UTC, datetime, timedelta

import pytest

from etl.config.loader import read_settings
from etl.config.schema import Extract, Tables, Universe
from etl.config.settings import Settings
from etl.domain import CRYPTO_1M, EQUITY_DAILY, EQUITY_HISTORY, ORDER_BOOK, SERIES_METADATA, Gap
from etl.extract.planner import Task, due
from etl.extract.selection import Selection
from etl.market.sessions import last_closed
from etl.providers import PROVIDERS
from etl.state.request_ledger import LastSuccess

NOW = datetime(2025, 11, 1, 3, 43, tzinfo=UTC)
FROM = datetime(2025, 10, 20, 7, 5, tzinfo=UTC)
ONE = Universe(regions={"USA": ["SPY"]}, asset_classes={"Crypto": ["BTCUSDT"]}, stocks=[], series=["DGS10"])
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MINUTES = Gap(CRYPTO_1M, "BTCUSDT", FROM, FROM + 15 * timedelta(minutes=1), NOW - 2 * HOUR)
SESSION = Gap(EQUITY_DAILY, "SPY", FROM, FROM + DAY, NOW - 3 * HOUR)


@pytest.fixture
def settings(tmp_path, monkeypatch) -> Settings:
    """One equity, one pair, one series; at most two gaps a run."""
    monkeypatch.chdir(tmp_path)
    tables = Tables(universe=ONE, extract=Extract(gaps_per_run=2))
    return read_settings({"MFO_DATA_DIR": str(tmp_path)}).model_copy(update={"tables": tables})


def asked_for_everything(dataset: str, symbol: str) -> dict[str, LastSuccess]:
    """All was answered just now by every provider."""
    return {name: LastSuccess(name, NOW, NOW) for name in PROVIDERS}


def tasks(settings: Settings, *gaps: Gap, able=lambda name: True, history=asked_for_everything, **choice) -> list[Task]:
    """What is due."""
    return due(settings, history, NOW, last_closed(NOW), able, Selection(**choice), gaps)


def test_a_gap_is_asked_for_where_it_is_and_nowhere_else(settings):
    """Fifteen minutes of BTCUSDT: one page of Binance's that begins and ends with them."""
    (task,) = tasks(settings, MINUTES)
    (request,) = PROVIDERS["binance"].plan(task.want, NOW)
    span = {name: int(value) for name, value in request.params if name.endswith("Time")}
    assert span == {"startTime": 1760943900000, "endTime": 1760943900000 + 15 * 60_000 - 1}
    assert task.why == "a gap, asked for again"


def test_a_session_that_is_missing_is_asked_of_those_who_give_history(settings):
    """Alpha Vantage has said that it has not this session, and its 25 calls are for today's."""
    (task,) = tasks(settings, SESSION)
    assert (task.want.dataset, task.chain) == (EQUITY_HISTORY, ("yahoo", "twelve_data", "alpaca", "fmp"))


def test_gaps_come_after_todays_needs_and_the_stalest_first(settings):
    """At most two a run here; one that no good answer has spoken of goes before those that were asked for."""
    never = Gap(CRYPTO_1M, "BTCUSDT", FROM - DAY, FROM - DAY + HOUR, None)
    found = [task.want.dataset for task in tasks(settings, MINUTES, SESSION, never, history=lambda *_: {})]
    assert found[-2:] == [CRYPTO_1M, SERIES_METADATA]
    assert found.index(CRYPTO_1M) < len(found) - 2
    found = tasks(settings, MINUTES, SESSION, never)
    assert [task.last_good_at for task in found] == [None, SESSION.last_asked_at]


def test_a_gap_that_a_task_speaks_of_anyway_is_not_asked_for_twice(settings):
    """An empty history is asked for from 2015 on: that holds the missing session."""
    found = tasks(settings, SESSION, history=lambda *_: {})
    assert len([task for task in found if task.want.dataset == EQUITY_HISTORY]) == 1


def test_a_narrowed_plan_asks_for_its_own_gaps_only(settings):
    """`--symbol SPY`, `run-intraday`, a provider whose day is spent, a symbol that left the universe."""
    assert tasks(settings, MINUTES, symbols=frozenset({"SPY"})) == []
    assert tasks(settings, SESSION, datasets=frozenset({CRYPTO_1M, ORDER_BOOK})) == []
    assert tasks(settings, MINUTES, able=lambda name: name != "binance") == []
    assert tasks(settings, Gap(CRYPTO_1M, "DOGEUSDT", FROM, FROM + HOUR, None)) == []
