"""transform: last prices become rows of lake.quotes, and one that cannot be true is refused."""

from datetime import UTC, datetime, timedelta

import pytest

from etl.domain import CRYPTO_QUOTE, EQUITY_QUOTE
from tests.providers.made_up import COINGECKO, FINNHUB, NOW, last_price, midnights, planned

SPY = planned(FINNHUB, EQUITY_QUOTE, "SPY")
BTC = planned(COINGECKO, CRYPTO_QUOTE, "BTCUSDT")


def test_a_price_leads_back_to_its_answer(readings):
    """Symbol, instant and price, with source, sequence, instant of fetching and sha256; it is no bar."""
    kept = readings.keep(SPY, last_price(11.5))
    readings.keep(BTC, midnights(100.0, 101.0))
    readings.run()
    rows = readings.rows("quotes")
    found = [(row["symbol"], row["quoted_at"].isoformat(), row["price"], row["source"]) for row in rows]
    assert sorted(found) == [
        ("BTCUSDT", "2025-10-31T00:00:00", 100.0, "coingecko"),
        ("BTCUSDT", "2025-11-01T00:00:00", 101.0, "coingecko"),
        ("SPY", "2025-10-31T20:00:00", 11.5, "finnhub"),
    ]
    assert kept.sha256 in {row["sha256"] for row in rows}
    assert readings.rows("bars") == []


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (last_price(0.0), "a price of 0.0"),
        (last_price(-1.0), "a price of -1.0"),
        ({**last_price(), "c": None}, "a price of None"),
        (last_price(at=int(datetime(2035, 1, 1, tzinfo=UTC).timestamp())), "dated in the future"),
    ],
)
def test_a_price_that_cannot_be_true_is_refused(readings, body, reason):
    """With its reason and its instant."""
    readings.keep(SPY, body)
    readings.run()
    assert [why for _, why in readings.refused()] == [reason]
    assert readings.rows("quotes") == []


def test_a_clock_that_is_some_seconds_ahead_refuses_no_trade(readings):
    """The exchange's clock and the web server's are two."""
    readings.keep(SPY, last_price(at=int((NOW + timedelta(seconds=20)).timestamp())))
    readings.run()
    assert readings.refused() == []
