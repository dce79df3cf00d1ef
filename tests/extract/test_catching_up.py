"""After weeks and months off: how many runs it takes until no session is missing, and who gave it."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from etl.domain import ACTIONS, EQUITY_DAILY, EQUITY_HISTORY
from etl.extract.selection import Selection
from etl.market.sessions import sessions
from tests.conftest import Upstream
from tests.faults.folders import NOW, Rows, SmallFolder

EQUITIES = Selection(datasets=frozenset({EQUITY_DAILY, EQUITY_HISTORY, ACTIONS}), symbols=frozenset({"SPY"}))
WEEKS_BEFORE, MONTHS_BEFORE = "2025-09-20T03:43:00Z", "2025-04-01T03:43:00Z"  # 30 and 149 sessions
HELD = "select trade_date from marts.daily_prices where symbol = 'SPY' and trade_date >= date '2025-01-02' order by 1"
OPEN = "select missing, why from marts.gaps where state <> 'filled'"
GIVEN = "select source, count(*) from marts.daily_prices where trade_date > date '{}' group by 1 order by 1"
EVERY = [session.trade_date for session in sessions(date(2025, 1, 2), date(2025, 10, 31))]


@pytest.fixture(scope="module")
def running(start_upstream: Callable[..., Upstream]) -> Upstream:
    """Without limits in real time."""
    return start_upstream("--av-spacing", "0")


@pytest.fixture
def off(tmp_path: Path, running: Upstream) -> Callable[..., SmallFolder]:
    """A function: a data folder that was whole when it was switched off at an instant."""

    def switched_off(at: str, **chains: list[str]) -> SmallFolder:
        urls = {name: url for name, url in running.env.items() if name.endswith("_BASE_URL")}
        here = SmallFolder(tmp_path / "data", urls, chains, now=at, since="2025-01-02")
        running.faults()
        running.now(at)
        running.reset()
        assert here.daily(EQUITIES) == 0
        assert here.published(OPEN) == []
        return here

    return switched_off


def again(here: SmallFolder, running: Upstream, at: str = NOW) -> Rows:
    """One more run at an instant; the sessions that are held after it."""
    here.now = at
    running.now(at)
    running.reset()
    assert here.daily(EQUITIES) == 0
    return [day for (day,) in here.published(HELD)]


def test_after_weeks_off_one_call_of_the_first_source_brings_all(off, running):
    """Thirty sessions lie within the hundred that Alpha Vantage gives."""
    here = off(WEEKS_BEFORE)
    assert again(here, running) == EVERY
    assert here.published(OPEN) == []
    assert here.published(GIVEN.format("2025-09-19")) == [("alpha_vantage", 30)]
    assert [entry["provider"] for entry in running.log()].count("alpha_vantage") == 1


def test_after_more_than_a_hundred_sessions_one_run_brings_all(off, running):
    """The chart that is asked for splits and dividends reaches back to the last one: it holds the first 49."""
    here = off(MONTHS_BEFORE)
    assert again(here, running) == EVERY
    assert here.published(OPEN) == []
    assert here.published(GIVEN.format("2025-03-31")) == [("alpha_vantage", 100), ("yahoo", 49)]
    assert sorted(entry["provider"] for entry in running.log()) == ["alpha_vantage", "yahoo"]


def test_where_no_chart_is_asked_for_the_hole_is_a_gap_and_filled_by_the_second_run(off, running):
    """The first run shows it with its reason, the next asks for it, from its first session to its last."""
    here = off(MONTHS_BEFORE, actions=[], equity_history=["twelve_data"])
    assert len(again(here, running)) == len(EVERY) - 49
    assert here.published(OPEN) == [(49, "no good answer has spoken of it yet")]
    assert again(here, running) == EVERY
    (asked,) = running.log()
    assert (asked["query"]["start_date"], asked["query"]["end_date"][:10]) == ("2025-04-01", "2025-06-10")
    assert here.published(OPEN) == []
