"""CoinGecko: a coin's price at midnights; never a bar."""

from datetime import UTC, datetime

import pytest

from etl.domain import CRYPTO_1D, CRYPTO_QUOTE, DataRequest, Quote, Unreadable
from etl.errors import KeyRefused, ProviderDown, ProviderRefused, RateLimited, ResponseUnreadable
from tests.providers.made_up import COINGECKO, NOW, answer, midnights, planned

BTC = planned(COINGECKO, CRYPTO_QUOTE, "BTCUSDT")


def test_coins_are_asked_for_by_their_id():
    """One that is not known here is not asked for, nor is a bar."""
    assert BTC.path == "/coins/bitcoin/market_chart"
    assert dict(BTC.params) == {"vs_currency": "usd", "days": "2", "interval": "daily"}
    assert planned(COINGECKO, CRYPTO_QUOTE, "BNBUSDT").path == "/coins/binancecoin/market_chart"
    assert COINGECKO.plan(DataRequest(CRYPTO_QUOTE, "XYZUSDT"), NOW) == []
    assert COINGECKO.plan(DataRequest(CRYPTO_QUOTE, "BTC"), NOW) == []
    assert COINGECKO.plan(DataRequest(CRYPTO_1D, "BTCUSDT"), NOW) == []


def test_prices_come_with_their_instants_oldest_first():
    """In milliseconds on the wire."""
    body = midnights(100.0, 101.0)
    body["prices"].reverse()
    found = answer(BTC, body)
    COINGECKO.inspect(found)
    assert list(COINGECKO.parse(found)) == [
        Quote("BTCUSDT", datetime(2025, 10, 31, tzinfo=UTC), 100.0),
        Quote("BTCUSDT", datetime(2025, 11, 1, tzinfo=UTC), 101.0),
    ]


def test_a_point_that_is_no_pair_is_refused_alone():
    """The others stay."""
    body = midnights(100.0)
    body["prices"] += [["soon", 1], 7, [1761868800000]]
    assert [type(row) for row in COINGECKO.parse(answer(BTC, body))] == [Unreadable] * 3 + [Quote]


def said(code: int) -> dict[str, object]:
    """An error in its shape."""
    return {"status": {"error_code": code, "error_message": "No."}}


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (401, said(10002), KeyRefused),
        (400, said(10010), KeyRefused),
        (401, {"error": said(10012)}, ProviderRefused),
        (401, {"error": "something else"}, KeyRefused),
        (404, {"error": "coin not found"}, ProviderRefused),
        (200, {"prices": []}, ProviderRefused),
        (503, said(429), ProviderDown),
        (200, {"tickers": []}, ResponseUnreadable),
    ],
)
def test_refusals_are_told_apart_by_their_code(status, body, error):
    """10012, older than a year, comes with 401 and is no refused key."""
    with pytest.raises(error):
        COINGECKO.inspect(answer(BTC, body, status))


@pytest.mark.parametrize(("header", "wait"), [("53", 53), ("0", 60), ("200", 200), ("", 60)])
def test_a_spent_minute_is_waited_out(header, wait):
    """`Retry-After: 0` was seen, and helps nobody."""
    with pytest.raises(RateLimited) as caught:
        COINGECKO.inspect(answer(BTC, said(429), 429, {"retry-after": header}))
    assert caught.value.retry_after_s == wait
