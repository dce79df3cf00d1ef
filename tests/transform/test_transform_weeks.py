"""transform: a week is opened by its first session and final with its last, whichever day its row is named by."""

from datetime import UTC, datetime, timedelta

from etl.domain import EQUITY_HISTORY
from tests.providers.made_up import ALPHA_VANTAGE, NOW, planned, weekly

WEEKS = planned(ALPHA_VANTAGE, EQUITY_HISTORY, "SPY")
WEDNESDAY = datetime(2025, 10, 29, 21, 30, tzinfo=UTC)  # an hour and a half after that session's close


def spans(readings):
    """(opened, published, final) of each row."""
    readings.run()
    return [
        (row["opened_at"].isoformat(), row["published_at"].isoformat(), row["is_final"])
        for row in readings.rows("bars")
    ]


def test_a_running_week_is_not_final_though_its_last_session_is(readings):
    """On a Wednesday evening its row is named by that Wednesday; on Friday evening the same week is another version."""
    readings.keep(WEEKS, weekly("2025-10-24", "2025-10-29"), WEDNESDAY)
    readings.keep(WEEKS, weekly("2025-10-24", "2025-10-31"), NOW)
    week = ("2025-10-27T13:30:00", "2025-10-31T21:00:00")
    before = ("2025-10-20T13:30:00", "2025-10-24T21:00:00", True)
    assert sorted(spans(readings)) == sorted([before, before, (*week, False), (*week, True)])


def test_a_week_with_a_holiday_ends_with_its_last_session(readings):
    """Good Friday of 2025: the week is over on Thursday."""
    readings.keep(WEEKS, weekly("2025-04-17"), datetime(2025, 4, 17, 21, 30, tzinfo=UTC))
    assert spans(readings) == [("2025-04-14T13:30:00", "2025-04-17T21:00:00", True)]


def test_a_week_that_is_named_by_a_day_without_a_session_is_refused(readings):
    """No week of the exchange ends on a Saturday."""
    readings.keep(WEEKS, weekly("2025-10-25"), NOW + timedelta(days=1))
    assert spans(readings) == []
    assert readings.refused() == [("2025-10-25", "the exchange was closed that day")]
