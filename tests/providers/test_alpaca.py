"""Alpaca: rows as traded by the day in New York, pages by token, and what its 403s mean."""

from datetime import date

import pytest

from etl.domain import EQUITY_DAILY, EQUITY_HISTORY, MACRO, Bar, DataRequest, Unreadable
from etl.errors import KeyRefused, ProviderRefused, RateLimited, ResponseUnreadable
from etl.providers.protocol import Paged
from tests.providers.made_up import ALPACA, NOW, alpaca_bars, answer, planned

SPY = planned(ALPACA, EQUITY_DAILY, "SPY")


def test_the_last_quarter_of_an_hour_is_not_asked_for():
    """It is paid for; no feed is named, because that of all exchanges is free before it."""
    asked = dict(SPY.params)
    assert (asked["start"], asked["end"]) == ("2025-10-28", "2025-11-01T03:27:00Z")
    assert (asked["timeframe"], asked["adjustment"], "feed" in asked) == ("1Day", "raw", False)
    assert dict(planned(ALPACA, EQUITY_HISTORY, "SPY", None).params)["start"] == "2025-06-14"
    assert ALPACA.plan(DataRequest(MACRO, "DGS10"), NOW) == []


def test_both_keys_go_into_headers():
    """And both variables are named where one is missing."""
    assert [(part.env, part.where, part.name) for part in ALPACA.credential.parts] == [
        ("ALPACA_API_KEY", "header", "APCA-API-KEY-ID"),
        ("ALPACA_SECRET_KEY", "header", "APCA-API-SECRET-KEY"),
    ]
    assert ALPACA.credential.variables == "ALPACA_API_KEY and ALPACA_SECRET_KEY"


def test_bars_are_of_the_day_in_new_york():
    """Midnight there is 04:00 UTC in summer and 05:00 in winter."""
    body = alpaca_bars("2025-10-31")
    body["bars"]["SPY"].append({**body["bars"]["SPY"][0], "t": "2025-11-03T05:00:00Z"})
    found = answer(SPY, body)
    ALPACA.inspect(found)
    rows = list(ALPACA.parse(found))
    assert rows[0] == Bar("SPY", "1d", date(2025, 10, 31), 10.0, 12.0, 9.5, 11.0, 1234.0, "raw", trades=42)
    assert rows[1].at == date(2025, 11, 3)


def test_a_token_is_the_request_for_the_next_page():
    """Same span, same symbol; the last page has none."""
    assert isinstance(ALPACA, Paged)
    second = ALPACA.more(answer(SPY, alpaca_bars("2025-10-30", token="QUJD")))
    assert second.params == (*SPY.params, ("page_token", "QUJD"))
    third = ALPACA.more(answer(second, alpaca_bars("2025-10-31", token="REVG")))
    assert third.params == (*SPY.params, ("page_token", "REVG"))
    assert ALPACA.more(answer(third, alpaca_bars("2025-10-31"))) is None


def test_a_token_that_was_just_sent_is_not_sent_again():
    """A server that goes in a circle is asked once."""
    second = ALPACA.more(answer(SPY, alpaca_bars("2025-10-30", token="QUJD")))
    assert ALPACA.more(answer(second, alpaca_bars("2025-10-30", token="QUJD"))) is None


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (401, {"message": "unauthorized."}, KeyRefused),
        (403, {"message": "forbidden."}, KeyRefused),
        (403, b"", KeyRefused),
        (403, {"message": "subscription does not permit querying recent SIP data"}, ProviderRefused),
        (422, {"message": "invalid symbol: ???"}, ProviderRefused),
        (429, {"message": "too many requests."}, RateLimited),
        (200, {"bars": {}, "next_page_token": None}, ProviderRefused),
        (200, {"bars": None, "next_page_token": None}, ResponseUnreadable),
        (200, {"message": "?"}, ResponseUnreadable),
    ],
)
def test_refusals_are_told_apart(status, body, error):
    """A 403 is the keys or the span, and only its words say which."""
    with pytest.raises(error):
        ALPACA.inspect(answer(SPY, body, status))


def test_an_empty_last_page_is_an_answer():
    """A token may lead to nothing."""
    second = ALPACA.more(answer(SPY, alpaca_bars("2025-10-30", token="QUJD")))
    found = answer(second, {"bars": {}, "next_page_token": None})
    ALPACA.inspect(found)
    assert list(ALPACA.parse(found)) == []


def test_another_symbol_is_not_loaded():
    """The bars stand under their symbol."""
    with pytest.raises(ResponseUnreadable, match="another symbol"):
        ALPACA.inspect(answer(SPY, alpaca_bars("2025-10-31", symbol="OTHER")))


def test_a_row_without_an_instant_is_refused_alone():
    """The others stay."""
    body = alpaca_bars("2025-10-31")
    body["bars"]["SPY"] += [{"o": 1}, 7, {"t": "2025-10-31"}]
    assert [type(row) for row in ALPACA.parse(answer(SPY, body))] == [Unreadable] * 3 + [Bar]
