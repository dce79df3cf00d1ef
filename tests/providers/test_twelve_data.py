"""Twelve Data: rows as traded, and the two kinds of 429."""

from datetime import UTC, date, datetime

import pytest

from etl.domain import EQUITY_DAILY, EQUITY_HISTORY, MACRO, Bar, DataRequest, Unreadable
from etl.errors import (
    KeyRefused,
    ProviderDown,
    ProviderQuotaExhausted,
    ProviderRefused,
    RateLimited,
    ResponseUnreadable,
)
from tests.providers.made_up import NOW, TWELVE_DATA, answer, planned, values

SPY = planned(TWELVE_DATA, EQUITY_DAILY, "SPY")


def refused(code, message, status):
    """An answer that says no."""
    return answer(SPY, {"code": code, "message": message, "status": "error"}, status)


def test_recent_sessions_are_a_hundred_rows_as_traded():
    """`adjust=none`, so that a row means the same whenever it was fetched."""
    asked = dict(SPY.params)
    assert asked == {"symbol": "SPY", "interval": "1day", "outputsize": "100", "adjust": "none"}


def test_history_starts_where_it_is_wanted():
    """Up to 5000 rows, also for a symbol that was missed for long."""
    since = datetime(2015, 1, 1, tzinfo=UTC)
    for dataset in (EQUITY_HISTORY, EQUITY_DAILY):
        asked = dict(planned(TWELVE_DATA, dataset, "SPY", since).params)
        assert (asked["outputsize"], asked["start_date"]) == ("5000", "2015-01-01")
    assert TWELVE_DATA.plan(DataRequest(MACRO, "DGS10"), NOW) == []


def test_bars_come_oldest_first():
    """The wire has the newest first, and strings."""
    found = answer(SPY, values("2025-10-30", "2025-10-31"))
    TWELVE_DATA.inspect(found)
    rows = list(TWELVE_DATA.parse(found))
    assert rows[0] == Bar("SPY", "1d", date(2025, 10, 30), 10.0, 12.0, 9.5, 11.0, 1234.0, "raw")
    assert rows[1].at == date(2025, 10, 31)


@pytest.mark.parametrize("status", [200, 429])
def test_the_message_tells_the_minute_from_the_day(status):
    """Code 429 is both, and may come with status 200."""
    text = "You have run out of API credits for the current minute. Wait for the next minute"
    with pytest.raises(RateLimited) as caught:
        TWELVE_DATA.inspect(refused(429, text, status))
    assert caught.value.retry_after_s == 60
    with pytest.raises(ProviderQuotaExhausted):
        TWELVE_DATA.inspect(refused(429, "You have run out of API credits for the day.", status))


@pytest.mark.parametrize(
    ("code", "kind"), [(401, KeyRefused), (403, ProviderRefused), (404, ProviderRefused), (500, ProviderDown)]
)
@pytest.mark.parametrize("status", [None, 200])
def test_codes_mean_the_same_with_any_status(code, kind, status):
    """An error may come with status 200."""
    with pytest.raises(kind):
        TWELVE_DATA.inspect(refused(code, "**symbol** is invalid", status or code))


def test_the_text_of_a_refused_key_is_not_quoted():
    """It may hold the key."""
    with pytest.raises(KeyRefused) as caught:
        TWELVE_DATA.inspect(refused(401, "**apikey** SECRETKEY is incorrect", 401))
    assert "SECRETKEY" not in str(caught.value)


def test_another_symbol_is_not_loaded():
    """The meta says whose rows they are."""
    with pytest.raises(ResponseUnreadable, match="another symbol"):
        TWELVE_DATA.inspect(answer(SPY, values("2025-10-31", symbol="OTHER")))


def test_no_row_at_all_is_not_an_answer():
    """The next provider is asked."""
    with pytest.raises(ProviderRefused):
        TWELVE_DATA.inspect(answer(SPY, values()))


def test_a_row_without_a_date_is_refused_alone():
    """The others stay."""
    body = values("2025-10-31")
    body["values"] += [{"open": "1"}, 7]
    assert [type(row) for row in TWELVE_DATA.parse(answer(SPY, body))] == [Unreadable, Unreadable, Bar]
