"""Last prices of sources without bars: which of them stand at a close, and when they differ from it."""

from datetime import date, datetime, timedelta

import pytest

from tests.sql.conftest import AS_OF, Lake, naive, weekdays

DAYS = weekdays(10)
CLOSE = datetime(2025, 10, 31, 21, 0)  # noqa: DTZ001 - the lake's own form; tests/sql's sessions end then
MIDNIGHT = datetime(2025, 11, 1)  # noqa: DTZ001 - the lake's own form
CHECK = "quotes__agree_with_the_close"


@pytest.fixture
def closes(lake: Lake) -> Lake:
    """SPY and a coin at 100 for ten days."""
    lake.calendar(DAYS)
    lake.instruments({"SPY": "equity", "BTCUSDT": "crypto"})
    lake.chain("equity_daily", "yahoo")
    lake.chain("crypto_1d", "binance")
    lake.bars("SPY", DAYS, [100.0] * 10)
    lake.bars("BTCUSDT", DAYS, [100.0] * 10, kind="crypto", source="binance")
    return lake


def quote(lake: Lake, symbol: str, at: datetime, price: float, source: str = "finnhub", fetched_at=None) -> None:
    """One price."""
    lake.sequence += 1
    lake.insert("quotes", [(symbol, at, price, source, lake.sequence, fetched_at or naive(AS_OF), "sha")])


@pytest.mark.parametrize(("price", "found"), [(100.49, 0), (100.51, 1), (99.51, 0), (99.49, 1)])
def test_a_price_at_the_close_may_differ_by_half_a_per_cent(closes: Lake, price: float, found: int) -> None:
    """More is a warning that names both sources."""
    quote(closes, "SPY", CLOSE, price)
    failures = closes.build().failures()
    assert (failures[CHECK].rows if CHECK in failures else 0) == found
    if found:
        assert failures[CHECK].severity == "warning"
        assert "finnhub" in failures[CHECK].example
        assert "yahoo" in failures[CHECK].example


@pytest.mark.parametrize("minutes", [-300, -2, 16, 600])
def test_a_price_of_another_hour_is_not_held_against_the_close(closes: Lake, minutes: int) -> None:
    """Trade goes on before the opening and after the close."""
    quote(closes, "SPY", _after(CLOSE, minutes), 150.0)
    assert CHECK not in closes.build().failures()


def test_a_coin_is_compared_at_midnight(closes: Lake) -> None:
    """The midnight that ends a day is its close; any other instant is none."""
    quote(closes, "BTCUSDT", _after(MIDNIGHT, 180), 150.0, "coingecko")
    assert CHECK not in closes.build().failures()
    quote(closes, "BTCUSDT", MIDNIGHT, 101.0, "coingecko")
    failure = closes.build().failures()[CHECK]
    assert failure.rows == 1
    assert str(date(2025, 10, 31)) in failure.example


def test_a_price_that_was_not_known_yet_is_not_seen(closes: Lake) -> None:
    """As of an instant before it was fetched."""
    quote(closes, "SPY", CLOSE, 150.0, fetched_at=_after(naive(AS_OF), 5))
    assert CHECK not in closes.build().failures()
    assert closes.rows("select * from staging.quotes") == []


def test_the_last_price_of_a_source_counts(closes: Lake) -> None:
    """Two trades at the close, and one that was asked for again."""
    quote(closes, "SPY", CLOSE, 150.0)
    quote(closes, "SPY", _after(CLOSE, 1), 150.0, fetched_at=_after(naive(AS_OF), -60))
    quote(closes, "SPY", _after(CLOSE, 1), 100.0)
    assert CHECK not in closes.build().failures()
    assert len(closes.rows("select * from staging.quotes")) == 2


def _after(at: datetime, minutes: int) -> datetime:
    return at + timedelta(minutes=minutes)
