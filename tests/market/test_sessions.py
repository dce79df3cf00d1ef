"""The US exchange's sessions, against days that are known."""

import pickle
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from functools import cache

import pytest

from etl.market import sessions as sessions_module
from etl.market.sessions import Session, last_closed, session_of, sessions


def test_a_session_opens_and_closes_in_utc():
    """Half past nine to four in New York, in winter and in summer."""
    assert session_of(date(2025, 10, 31)) == Session(
        date(2025, 10, 31), datetime(2025, 10, 31, 13, 30, tzinfo=UTC), datetime(2025, 10, 31, 20, 0, tzinfo=UTC), False
    )
    winter = session_of(date(2025, 11, 3))
    assert winter is not None
    assert winter.closed_at == datetime(2025, 11, 3, 21, 0, tzinfo=UTC)


@pytest.mark.parametrize("day", [date(2024, 11, 29), date(2024, 12, 24), date(2025, 7, 3)])
def test_a_half_day_closes_at_one(day):
    """The day after Thanksgiving, Christmas Eve, the day before the Fourth of July."""
    session = session_of(day)
    assert session is not None
    assert session.is_half_day
    assert session.closed_at - session.opened_at == timedelta(hours=3, minutes=30)


@pytest.mark.parametrize(
    "day",
    [date(2025, 11, 1), date(2025, 11, 27), date(2025, 1, 9), date(2012, 10, 29), date(2025, 4, 18), date(1950, 1, 3)],
)
def test_a_closed_day_has_no_session(day):
    """A Saturday, Thanksgiving, a day of mourning, a hurricane, Good Friday, and what is before 1990."""
    assert session_of(day) is None


def test_sessions_of_a_span_hold_both_ends():
    """Oldest first; an empty span has none."""
    found = sessions(date(2025, 11, 26), date(2025, 12, 1))
    assert [session.trade_date.day for session in found] == [26, 28, 1]
    assert sessions(date(2025, 11, 1), date(2025, 11, 2)) == []
    assert len(sessions(date(2024, 1, 1), date(2024, 12, 31))) == 252


def test_a_session_is_final_an_hour_after_its_close():
    """To the second, half days included."""
    ready = datetime(2025, 10, 31, 21, 0, tzinfo=UTC)
    assert last_closed(ready).trade_date == date(2025, 10, 31)
    assert last_closed(ready).ready_at == ready
    assert last_closed(ready - timedelta(seconds=1)).trade_date == date(2025, 10, 30)
    assert last_closed(datetime(2025, 11, 2, tzinfo=UTC)).trade_date == date(2025, 10, 31)
    assert last_closed(datetime(2025, 11, 28, 19, 0, tzinfo=UTC)).trade_date == date(2025, 11, 28)


def test_before_the_calendar_there_is_no_last_session():
    """Said, not guessed."""
    with pytest.raises(ValueError, match="before"):
        last_closed(datetime(1989, 1, 1, tzinfo=UTC))


def test_instants_are_plain_datetimes():
    """pandas' own kind would compare and pickle otherwise."""
    session = session_of(date(2025, 10, 31))
    assert session is not None
    assert type(session.opened_at) is datetime
    assert pickle.loads(pickle.dumps(session)) == session


def test_the_calendar_is_made_once_however_many_threads_ask(monkeypatch):
    """Answers are read side by side, and making it takes half a second and pandas."""
    made = []

    @cache
    def slowly():
        made.append(threading.get_ident())
        time.sleep(0.05)
        return ()

    monkeypatch.setattr(sessions_module, "_made", slowly)
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda _: sessions_module._every(), range(4))) == [()] * 4
    assert len(made) == 1


def test_the_calendar_is_imported_when_a_session_is_needed():
    """It costs half a second, which `mfo --help` must not pay."""
    code = "import sys, etl.market.sessions; sys.exit('exchange_calendars' in sys.modules or 'pandas' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
