"""FMP: split-adjusted rows, and the refusals that its bodies tell apart under any status."""

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
from tests.providers.made_up import FMP, NOW, answer, fmp_days, planned

SPY = planned(FMP, EQUITY_DAILY, "SPY")


def refused(said: str, status: int, headers=None):
    """An answer that says no."""
    return answer(SPY, {"Error Message": said}, status, headers)


def test_days_are_asked_from_where_they_are_wanted():
    """The last 140 days without a start; a history is never asked for from before the free key's five years."""
    assert dict(SPY.params) == {"symbol": "SPY", "from": "2025-10-28", "to": "2025-11-01"}
    assert dict(planned(FMP, EQUITY_DAILY, "SPY", None).params)["from"] == "2025-06-14"
    for since in (None, datetime(2015, 1, 1, tzinfo=UTC)):
        assert dict(planned(FMP, EQUITY_HISTORY, "SPY", since).params)["from"] == "2020-11-02"
    assert FMP.plan(DataRequest(MACRO, "DGS10"), NOW) == []


def test_bars_come_oldest_first_and_split_adjusted():
    """The wire has the newest first."""
    found = answer(SPY, fmp_days("2025-10-30", "2025-10-31"))
    FMP.inspect(found)
    rows = list(FMP.parse(found))
    assert rows[0] == Bar("SPY", "1d", date(2025, 10, 30), 10.0, 12.0, 9.5, 11.0, 1234.0, "split")
    assert rows[1].at == date(2025, 10, 31)


@pytest.mark.parametrize("status", [200, 429])
def test_the_limit_is_of_the_day_with_either_status(status):
    """250 a day; nothing says when it is over."""
    with pytest.raises(ProviderQuotaExhausted):
        FMP.inspect(refused("Limit Reach . Please upgrade your plan or visit our documentation", status))


def test_a_limit_that_says_how_long_to_wait_is_not_the_days():
    """`Retry-After` is for the short ones."""
    with pytest.raises(RateLimited) as caught:
        FMP.inspect(refused("Too many", 429, {"retry-after": "3"}))
    assert caught.value.retry_after_s == 3


@pytest.mark.parametrize("status", [200, 401, 403])
def test_a_wrong_key_is_told_by_its_text(status):
    """The text may hold the key, so it is not quoted."""
    with pytest.raises(KeyRefused) as caught:
        FMP.inspect(refused("Invalid API KEY. SECRETKEY is not one.", status))
    assert "SECRETKEY" not in str(caught.value)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (402, b"Premium Query Parameter: 'symbol' is not available under your current subscription"),
        (402, {"Error Message": "Special Endpoint"}),
        (403, {"Error Message": "Legacy Endpoint : Due to Legacy endpoints being no longer supported"}),
        (200, {"Error Message": "Exclusive Endpoint : This endpoint is not available"}),
        (200, []),
    ],
)
def test_what_the_plan_does_not_hold_is_refused(status, body):
    """The next provider is asked; 402 comes as plain text too."""
    with pytest.raises(ProviderRefused):
        FMP.inspect(answer(SPY, body, status))


def test_a_server_that_is_down_is_asked_again():
    """Whatever its page says."""
    with pytest.raises(ProviderDown):
        FMP.inspect(answer(SPY, b"<html>Limit Reach</html>", 503))


def test_another_symbol_is_not_loaded():
    """Every row says whose it is."""
    with pytest.raises(ResponseUnreadable, match="another symbol"):
        FMP.inspect(answer(SPY, fmp_days("2025-10-31", symbol="OTHER")))


def test_a_row_without_a_date_is_refused_alone():
    """The others stay."""
    body = [*fmp_days("2025-10-31"), {"symbol": "SPY", "open": 1}, 7]
    assert [type(row) for row in FMP.parse(answer(SPY, body))] == [Unreadable, Unreadable, Bar]
