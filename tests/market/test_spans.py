"""Which bars a good answer speaks of: by the request's own span, an archive's file, or the rows; never the future."""

from datetime import UTC, date, datetime, timedelta

import pytest

from etl.domain import (
    ACTIONS,
    CRYPTO_1D,
    CRYPTO_1M,
    EQUITY_DAILY,
    MACRO,
    ORDER_BOOK,
    Bar,
    DataRequest,
    Request,
    Response,
)
from etl.market.spans import Coverage, covered
from etl.providers import PROVIDERS

NOW = datetime(2025, 11, 1, 3, 43, 30, tzinfo=UTC)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def answer(request: Request, server: str = "") -> Response:
    """A good answer at `NOW`; `server` is what its own clock says."""
    return Response(request, 200, {"date": server} if server else {}, b"", NOW, NOW, 1, "run-1")


def bar(at: date | datetime, interval: str = "1d") -> Bar:
    """A bar of no interest."""
    return Bar("X", interval, at, 1, 1, 1, 1, 1)


def planned(provider: str, dataset: str, symbol: str, since: datetime | None, until: datetime | None = None) -> Request:
    """The first request of a want."""
    return PROVIDERS[provider].plan(DataRequest(dataset, symbol, since, until), NOW)[0]


def test_a_page_of_candles_speaks_of_the_span_that_it_was_asked_for():
    """With no row in it too; not of the candle that runs, nor of the one that closed seconds ago."""
    first = datetime(2025, 10, 30, 3, 43, tzinfo=UTC)
    page = answer(planned("binance", CRYPTO_1M, "BNBUSDT", first))
    assert covered(page, []) == Coverage("1m", first, first + 1000 * MINUTE)
    last = answer(planned("binance", CRYPTO_1M, "BNBUSDT", NOW - 30 * MINUTE))
    assert covered(last, []) == Coverage("1m", NOW.replace(minute=13, second=0), NOW - MINUTE)
    gap = answer(planned("binance", CRYPTO_1M, "BNBUSDT", first, first + 15 * MINUTE))
    assert covered(gap, []) == Coverage("1m", first, first + 15 * MINUTE)


def test_a_full_page_speaks_of_no_more_than_its_rows():
    """A limit of two, two rows: what follows was cut off."""
    params = (("interval", "1m"), ("startTime", "1761955200000"), ("limit", "2"))
    first = datetime(2025, 11, 1, tzinfo=UTC)
    rows = [bar(first, "1m"), bar(first + MINUTE, "1m")]
    assert covered(answer(Request("binance", CRYPTO_1M, "X", "/k", params)), rows) == Coverage(
        "1m", first, first + 2 * MINUTE
    )


def test_the_servers_clock_ends_what_an_answer_speaks_of():
    """Our clock is an hour ahead of the server's: the hour between is not covered."""
    page = answer(planned("binance", CRYPTO_1M, "BTCUSDT", NOW - 3 * 60 * MINUTE), "Sat, 01 Nov 2025 02:43:30 GMT")
    assert covered(page, []).covers_until == NOW - 61 * MINUTE


def test_daily_answers_speak_from_their_oldest_row_or_from_what_was_asked():
    """Alpha Vantage names no span; Yahoo's is in seconds; a stand-in that gives its newest rows begins with them."""
    daily = answer(planned("alpha_vantage", EQUITY_DAILY, "SPY", None))
    oldest = date(2025, 6, 10)
    assert covered(daily, [bar(oldest), bar(date(2025, 10, 31))]) == Coverage(
        "1d", datetime(2025, 6, 10, tzinfo=UTC), NOW - MINUTE
    )
    assert covered(daily, []) is None
    chart = answer(planned("yahoo", ACTIONS, "SPY", NOW - 92 * DAY))
    assert covered(chart, []).covers_from == datetime(2025, 8, 1, tzinfo=UTC)
    params = (("start_date", "2015-01-01"), ("end_date", "2025-10-30"), ("outputsize", "1"))
    cut = covered(answer(Request("twelve_data", EQUITY_DAILY, "SPY", "/t", params)), [bar(date(2025, 10, 29))])
    assert cut == Coverage("1d", datetime(2025, 10, 29, tzinfo=UTC), datetime(2025, 10, 31, tzinfo=UTC))


@pytest.mark.parametrize(
    ("stamp", "first", "last"),
    [("2025-10-30", (2025, 10, 30), (2025, 10, 31)), ("2024-12", (2024, 12, 1), (2025, 1, 1))],
)
def test_an_archive_file_speaks_of_its_day_or_month(stamp, first, last):
    """By its name, whatever rows it holds."""
    path = f"/data/spot/daily/klines/BTCUSDT/1m/BTCUSDT-1m-{stamp}.zip"
    found = covered(answer(Request("binance_archive", CRYPTO_1M, "BTCUSDT", path)), [bar(NOW, "1m")])
    assert found == Coverage("1m", datetime(*first, tzinfo=UTC), datetime(*last, tzinfo=UTC))


def test_answers_that_are_not_about_bars_speak_of_none():
    """A book, a series; and a span that begins after the server's now."""
    assert covered(answer(planned("binance", ORDER_BOOK, "BTCUSDT", None)), []) is None
    assert covered(answer(planned("fred", MACRO, "DGS10", NOW - DAY)), []) is None
    future = (("interval", "1d"), ("startTime", "1900000000000"))
    assert covered(answer(Request("binance", CRYPTO_1D, "X", "/k", future)), []) is None
