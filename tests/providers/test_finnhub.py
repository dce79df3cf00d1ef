"""Finnhub: a last price and its instant; never a bar."""

from datetime import UTC, datetime

import pytest

from etl.domain import EQUITY_DAILY, EQUITY_QUOTE, DataRequest, Quote, Unreadable
from etl.errors import KeyRefused, ProviderDown, ProviderRefused, RateLimited, ResponseUnreadable
from tests.providers.made_up import FINNHUB, NOW, answer, last_price, planned

SPY = planned(FINNHUB, EQUITY_QUOTE, "SPY")


def test_only_a_quote_is_asked_for():
    """Candles are paid for."""
    assert (SPY.path, SPY.params) == ("/quote", (("symbol", "SPY"),))
    assert FINNHUB.plan(DataRequest(EQUITY_DAILY, "SPY"), NOW) == []


def test_the_price_stands_at_its_trade():
    """`t` is the last trade's second: here the close of a Friday in summer."""
    found = answer(SPY, last_price(11.5))
    FINNHUB.inspect(found)
    assert list(FINNHUB.parse(found)) == [Quote("SPY", datetime(2025, 10, 31, 20, tzinfo=UTC), 11.5)]


def test_a_quote_without_an_instant_is_refused():
    """It says nothing about any session."""
    assert [type(row) for row in FINNHUB.parse(answer(SPY, {**last_price(), "t": "soon"}))] == [Unreadable]


def test_a_symbol_that_it_does_not_know_is_a_row_of_zeros():
    """With status 200."""
    with pytest.raises(ProviderRefused, match="does not know SPY"):
        FINNHUB.inspect(answer(SPY, {"c": 0, "d": None, "dp": None, "h": 0, "l": 0, "o": 0, "pc": 0, "t": 0}))


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (401, {"error": "Invalid API key."}, KeyRefused),
        (200, {"error": "Please use an API key."}, KeyRefused),
        (403, {"error": "You don't have access to this resource."}, ProviderRefused),
        (200, {"error": "You don't have access to this resource."}, ProviderRefused),
        (200, {"error": "API limit reached. Please try again later. Remaining Limit: 0"}, RateLimited),
        (502, b"<html>", ProviderDown),
        (200, {}, ResponseUnreadable),
        (200, [], ResponseUnreadable),
    ],
)
def test_refusals_are_told_apart(status, body, error):
    """By status, or by the text where that is 200."""
    with pytest.raises(error):
        FINNHUB.inspect(answer(SPY, body, status))


@pytest.mark.parametrize(("headers", "wait"), [({}, 60), ({"retry-after": "7"}, 7)])
def test_a_spent_minute_is_waited_out(headers, wait):
    """A whole one where nothing says how long."""
    with pytest.raises(RateLimited) as caught:
        FINNHUB.inspect(answer(SPY, {"error": "API limit reached."}, 429, headers))
    assert caught.value.retry_after_s == wait
