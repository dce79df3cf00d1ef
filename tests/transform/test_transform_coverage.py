"""transform: what an answer that is read by columns covers, so that a gap knows who was asked for it."""

from datetime import UTC, datetime, timedelta

import pytest

from etl.domain import CRYPTO_1D, CRYPTO_1M
from tests.providers.made_up import BINANCE, NOW, candle, planned
from tests.providers.test_binance_archive import A_DAY, day, kept, lines

MINUTE = timedelta(minutes=1)


def covered(readings):
    """(source, interval, from, until) of each row."""
    readings.run()
    return [
        (
            row["source"],
            row["interval"],
            row["covers_from"].replace(tzinfo=UTC),
            row["covers_until"].replace(tzinfo=UTC),
        )
        for row in readings.rows("coverage")
    ]


def test_a_file_covers_its_whole_day_whatever_it_lacks(readings):
    """What is not in it, the archive does not have."""
    file = kept(day(CRYPTO_1M), lines(A_DAY, A_DAY + MINUTE))
    readings.keep(file.request, file.body, **file.headers)
    assert covered(readings) == [("binance_archive", "1m", A_DAY, A_DAY + timedelta(days=1))]
    assert len(readings.rows("bars")) == 2


def test_a_page_covers_what_it_was_asked_for(readings):
    """Rows that are refused are spoken of too."""
    since = NOW.replace(second=0) - timedelta(days=3)
    readings.keep(planned(BINANCE, CRYPTO_1M, "BTCUSDT", since), [candle(since, 1), candle(since + 2 * MINUTE, 1)])
    assert covered(readings) == [("binance", "1m", since, since + 1000 * MINUTE)]


@pytest.mark.parametrize("dataset", [CRYPTO_1M, CRYPTO_1D])
def test_the_first_candle_of_all_covers_nothing(readings, dataset):
    """It is asked for to know when a symbol was listed: nothing after it was spoken of."""
    readings.keep(BINANCE.first_candle(dataset, "BTCUSDT"), [candle(datetime(2020, 1, 1, tzinfo=UTC), 1)])
    assert covered(readings) == []
