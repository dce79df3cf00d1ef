"""Weeks and five minutes of an equity: shown and compared, and never taken for a day."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from tests.sql.conftest import AS_OF, Lake, weekdays

DAYS = weekdays(10)  # two weeks up to Friday, 31 October
MINUTES = timedelta(minutes=5)
INTRADAY: dict[str, Any] = {"interval": "5m", "source": "alpaca", "adjustment": "raw"}


@pytest.fixture
def spy(lake: Lake) -> Lake:
    """One equity with the second of the two weeks in days."""
    lake.calendar(DAYS)
    lake.instruments({"SPY": "equity"})
    lake.chain("equity_daily", "alpha_vantage", "yahoo")
    lake.chain("equity_history", "yahoo", "alpha_vantage")
    lake.insert("sources", [("alpha_vantage", "Alpha Vantage", "", "", False, True, True, 25, "UTC", 24.0, 0, None)])
    lake.bars("SPY", DAYS[5:], [10.0, 11.0, 12.0, 13.0, 14.0], source="yahoo", adjustment="raw", high=15.0, low=9.0)
    return lake


def weeks(lake: Lake, *closes: float) -> None:
    """A week of Alpha Vantage's for each close, the first of the first week."""
    opened = [datetime(day.year, day.month, day.day, 14, 30) for day in (DAYS[0], DAYS[5])][: len(closes)]  # noqa: DTZ001 - the lake's own form
    kind: dict[str, Any] = {"interval": "1w", "source": "alpha_vantage", "adjustment": "raw"}
    lake.bars("SPY", [], list(closes), opened_at=opened, **kind)


def five_minutes(lake: Lake, day: date, prices: list[float], start: float = 14.5) -> None:
    """Bars of five minutes from an hour of a day on (UTC)."""
    opened = datetime(day.year, day.month, day.day) + timedelta(hours=start)  # noqa: DTZ001 - the lake's own form
    lake.bars("SPY", [], prices, opened_at=[opened + i * MINUTES for i in range(len(prices))], **INTRADAY)


def test_a_week_is_shown_as_a_week_and_stands_in_no_day(spy: Lake) -> None:
    """Prices, metrics and gaps know the five days only; the older week is there for who looks for it."""
    weeks(spy, 9.5, 14.0)
    spy.build()
    found = spy.rows("select from_date, to_date, close, source from weekly_prices")
    assert [(row["from_date"], row["to_date"], row["close"]) for row in found] == [
        (DAYS[0], DAYS[4], 9.5),
        (DAYS[5], DAYS[9], 14.0),
    ]
    assert [row["trade_date"] for row in spy.rows("select trade_date from daily_prices")] == DAYS[5:]
    assert spy.rows("select distinct source from daily_prices") == [{"source": "yahoo"}]
    assert spy.rows("select * from gaps") == []
    assert spy.rows("select * from hourly_prices") == []


def test_a_week_says_nothing_of_how_fresh_its_source_is(spy: Lake) -> None:
    """A source that gave nothing but weeks has no newest row."""
    weeks(spy, 9.5, 14.0)
    spy.build("marts.source_status")
    assert spy.rows("select newest from source_status") == [{"newest": None}]


def test_a_week_that_closes_elsewhere_than_its_last_day_is_a_warning(spy: Lake) -> None:
    """Only where both are held: of the first week there is no day."""
    weeks(spy, 99.0, 14.2)
    found = spy.build().failures()["weekly_prices__days_agree"]
    assert (found.severity, found.rows) == ("warning", 1)


@pytest.mark.parametrize(
    ("closes", "agrees"),
    [({}, True), ({40: 15.2}, False), ({40: 8.9}, False), ({77: 14.1}, False), ({77: 14.05}, True)],
)
def test_a_session_of_five_minutes_is_held_against_its_day(spy: Lake, closes: dict[int, float], agrees: bool) -> None:
    """High 15, low 9, close 14, each within 0.5 %; what lies outside of the session does not count."""
    prices = [14.0] * 78
    prices[10], prices[20] = 15.0, 9.0
    for place, price in closes.items():
        prices[place] = price
    five_minutes(spy, DAYS[9], prices)
    five_minutes(spy, DAYS[9], [99.0], start=14.0)
    five_minutes(spy, DAYS[9], [99.0], start=21.0)
    failures = spy.build().failures()
    (rolled,) = spy.rows("select * from aggregates.sessions_rolled_up")
    assert (rolled["trade_date"], rolled["bars"], rolled["is_complete"]) == (DAYS[9], 78, True)
    assert ("daily_prices__five_minutes_roll_up" in failures) != agrees


def test_a_session_that_is_not_whole_is_held_against_nothing(spy: Lake) -> None:
    """Its last five minutes are missing: its close is none."""
    five_minutes(spy, DAYS[9], [99.0] * 77)
    assert "daily_prices__five_minutes_roll_up" not in spy.build().failures()
    assert spy.rows("select is_complete from aggregates.sessions_rolled_up") == [{"is_complete": False}]


def test_five_minutes_make_no_day_no_hour_and_no_gap(spy: Lake) -> None:
    """And the newest row of their source is the end of the last of them, not a day later."""
    spy.insert("sources", [("alpaca", "Alpaca", "", "", False, True, True, None, "UTC", 24.0, 0, None)])
    five_minutes(spy, DAYS[4], [99.0] * 78)
    spy.build()
    assert [row["trade_date"] for row in spy.rows("select trade_date from daily_prices")] == DAYS[5:]
    assert (spy.rows("select * from hourly_prices"), spy.rows("select * from gaps")) == ([], [])
    (row,) = spy.rows("select newest from source_status where source = 'alpaca'")
    assert row["newest"] == datetime(DAYS[4].year, DAYS[4].month, DAYS[4].day, 21, 0)  # noqa: DTZ001 - as above
    assert AS_OF.date() > DAYS[9]
