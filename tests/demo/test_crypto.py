"""The demo's crypto exchange: candles that are the roll-up of their minutes, and order books."""

from datetime import UTC, datetime
from itertools import pairwise

import pytest

from etl.domain import ORDER_BOOK, Book, DataRequest
from tests.demo.demo_reading import LATER, NOW, klines, rows_of


def test_a_day_of_crypto_is_exactly_its_minutes() -> None:
    """The daily candle has the first open, highest high, lowest low and last close of its 1440 minutes."""
    start = int(datetime(2026, 3, 2, tzinfo=UTC).timestamp() * 1000)
    (day,) = klines("BTCUSDT", "1d", startTime=start, endTime=start)
    minutes = [
        row for page in range(2) for row in klines("BTCUSDT", "1m", startTime=start + page * 720 * 60_000, limit=720)
    ]
    assert len(minutes) == 1440
    prices = [[float(row[column]) for row in minutes] for column in range(1, 5)]
    assert [float(text) for text in day[1:5]] == [prices[0][0], max(prices[1]), min(prices[2]), prices[3][-1]]
    for column in (5, 7, 9, 10):
        assert float(day[column]) == pytest.approx(sum(float(row[column]) for row in minutes), abs=0.01)


def test_the_candle_in_progress_is_partial() -> None:
    """It carries its full close time, as Binance's does, and only the trades so far."""
    row = klines("BTCUSDT", "1m", limit=1)[0]
    whole = klines("BTCUSDT", "1m", LATER, startTime=row[0], limit=1)[0]
    assert row[6] == row[0] + 59_999 > NOW.timestamp() * 1000
    assert 0 < float(row[5]) < float(whole[5])


@pytest.mark.parametrize("interval", ["1m", "5m", "1h", "4h", "1d", "3d", "1w"])
def test_candles_of_any_interval_hold_together(interval: str) -> None:
    """On the grid, in order, each open the close before, prices within high and low, takers within the total."""
    rows = klines("BNBUSDT", interval, limit=200)
    assert len(rows) == 200
    assert len({after[0] - before[0] for before, after in pairwise(rows)}) == 1
    for before, after in pairwise(rows):
        assert before[4] == after[1]
    for row in rows:
        opened, high, low, close = (float(text) for text in row[1:5])
        assert low <= min(opened, close) <= max(opened, close) <= high
        assert 0 < float(row[9]) < float(row[5])


def test_klines_honour_start_end_and_limit_as_binance_does() -> None:
    """End alone gives the newest up to it, both ends are inclusive, and nothing is before the listing."""
    end = int(datetime(2026, 3, 1, tzinfo=UTC).timestamp() * 1000)
    assert [row[0] for row in klines("BTCUSDT", "1d", endTime=end, limit=2)] == [end - 86_400_000, end]
    assert klines("BTCUSDT", "1d", startTime=0, limit=1)[0][0] == 1_502_928_000_000
    assert klines("BTCUSDT", "1d", startTime=0, endTime=1) == []


def test_an_order_book_is_sorted_and_deeper_than_one_percent() -> None:
    """Bids fall, asks rise, they do not cross, and the last level is beyond one percent of the middle."""
    (book,) = rows_of("binance", DataRequest(ORDER_BOOK, "BTCUSDT"))
    assert isinstance(book, Book)
    bids, asks = [price for price, _ in book.bids], [price for price, _ in book.asks]
    assert bids == sorted(set(bids), reverse=True)
    assert asks == sorted(set(asks))
    middle = (bids[0] + asks[0]) / 2
    assert bids[-1] < 0.99 * middle < bids[0] < asks[0] < 1.01 * middle < asks[-1]
