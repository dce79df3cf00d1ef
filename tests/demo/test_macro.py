"""The demo's macro series: identities, delays and missing values."""

import json
from datetime import UTC, date, datetime, timedelta

import pytest

from etl.demo.upstream import answer
from etl.domain import MACRO, DataRequest, Observation
from tests.demo.demo_reading import NOW, observations, rows_of


def test_the_slope_is_the_ten_year_yield_minus_the_two_year_one() -> None:
    """T10Y2Y = DGS10 - DGS2 on every date that all three have."""
    ten, two, slope = (observations(name) for name in ("DGS10", "DGS2", "T10Y2Y"))
    assert max(slope) > max(ten)  # it is out a day ahead
    assert all(value == pytest.approx(ten[day] - two[day], abs=1e-9) for day, value in slope.items() if day in ten)


def test_observations_come_out_with_the_real_series_delays() -> None:
    """Yields the next business day at 16:00 in St. Louis, the balance sheet on Thursday."""
    thursday = datetime(2026, 3, 5, 21, 59, tzinfo=UTC)  # 15:59 in St. Louis
    assert max(observations("DGS10", thursday)) == date(2026, 3, 3)
    assert max(observations("WALCL", thursday)) == date(2026, 2, 25)
    assert max(observations("DGS10", thursday + timedelta(minutes=1))) == date(2026, 3, 4)
    assert max(observations("WALCL", thursday + timedelta(minutes=1))) == date(2026, 3, 4)


def test_a_holiday_is_a_missing_value_in_a_daily_series() -> None:
    """FRED lists weekdays on which the market was shut with a dot."""
    rows = rows_of("fred", DataRequest(MACRO, "DGS10", datetime(2025, 12, 24, tzinfo=UTC)))
    values = {row.date: row.value for row in rows if isinstance(row, Observation)}
    assert values[date(2025, 12, 25)] is None
    assert values[date(2025, 12, 24)] is not None


def test_vintages_are_the_days_on_which_values_came_out() -> None:
    """A request for all vintages gets each value's own release day."""
    url = "https://api.stlouisfed.org/fred/series/observations?series_id=UNRATE&file_type=json"
    body = json.loads(answer(f"{url}&realtime_start=1776-07-04&realtime_end=9999-12-31", NOW)[2])
    newest = body["observations"][-1]
    assert newest["date"] < newest["realtime_start"] <= NOW.date().isoformat()
    assert newest["realtime_end"] == "9999-12-31"
