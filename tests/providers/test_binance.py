"""Binance: pages of candles, the running one left out, books, and the refusals that must stop the asking."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from etl.domain import CRYPTO_1D, CRYPTO_1M, EQUITY_DAILY, ORDER_BOOK, Bar, DataRequest, Unreadable
from etl.errors import ProviderDown, ProviderRefused, RateLimited, ResponseUnreadable
from tests.providers.made_up import BINANCE, NOW, answer, candle, planned

DAYS = planned(BINANCE, CRYPTO_1D, "BTCUSDT")
BOOK = planned(BINANCE, ORDER_BOOK, "BTCUSDT")
MINUTE = timedelta(minutes=1)


def milliseconds(request, name):
    """One of a request's times, as an instant."""
    return datetime.fromtimestamp(int(dict(request.params)[name]) / 1000, UTC)


def test_pages_are_planned_ahead_without_a_hole():
    """1000 candles a page: the next one starts where the last one ends."""
    since = NOW - timedelta(days=2) + timedelta(seconds=17)
    pages = BINANCE.plan(DataRequest(CRYPTO_1M, "BTCUSDT", since), NOW)
    assert len(pages) == 3
    assert milliseconds(pages[0], "startTime") == since.replace(second=0)
    for one, following in pairwise(pages):
        assert milliseconds(following, "startTime") - milliseconds(one, "endTime") == timedelta(milliseconds=1)
    assert milliseconds(pages[-1], "endTime") == NOW
    assert {page.weight for page in pages} == {2}


@pytest.mark.parametrize("since", [NOW, NOW + timedelta(days=3)])
def test_there_is_always_one_page(since):
    """An empty plan would mean that Binance cannot, and somebody else would be asked."""
    assert len(BINANCE.plan(DataRequest(CRYPTO_1D, "BTCUSDT", since), NOW)) == 1


def test_without_a_start_the_exchanges_first_day_is_it():
    """Nothing is older."""
    (first, *_) = BINANCE.plan(DataRequest(CRYPTO_1D, "BTCUSDT"), NOW)
    assert milliseconds(first, "startTime") == datetime(2017, 7, 14, tzinfo=UTC)


def test_a_lower_case_symbol_is_mended():
    """Binance calls it an illegal character."""
    assert dict(planned(BINANCE, CRYPTO_1D, " btcusdt ").params)["symbol"] == "BTCUSDT"


def test_equities_are_not_planned():
    """An empty plan says so."""
    assert BINANCE.plan(DataRequest(EQUITY_DAILY, "SPY"), NOW) == []


def test_a_candle_says_who_bought():
    """The taker's buys stand in fields 9 and 10."""
    (row,) = BINANCE.parse(answer(DAYS, [candle(datetime(2025, 10, 30, tzinfo=UTC))]))
    assert row == Bar(
        symbol="BTCUSDT",
        interval="1d",
        at=datetime(2025, 10, 30, tzinfo=UTC),
        open=100.0,
        high=120.0,
        low=95.0,
        close=110.0,
        volume=7.5,
        quote_volume=800.0,
        trades=42,
        taker_buy_volume=3.0,
        taker_buy_quote_volume=320.0,
    )


def test_open_candle_is_left_for_the_next_run():
    """Nothing in the row says that it is running; its close time is the full one."""
    days = [datetime(2025, 10, 31, tzinfo=UTC), datetime(2025, 11, 1, tzinfo=UTC)]
    rows = list(BINANCE.parse(answer(DAYS, [candle(day) for day in days])))
    assert [row.at for row in rows] == days[:1]


def test_the_servers_clock_decides_where_it_is_behind_ours():
    """A candle is closed only when both clocks say so."""
    minute = NOW - MINUTE
    request = planned(BINANCE, CRYPTO_1M, "BTCUSDT", NOW - timedelta(hours=1))
    behind = answer(request, [candle(minute, 1)], headers={"date": "Sat, 01 Nov 2025 03:42:59 GMT"})
    assert list(BINANCE.parse(behind)) == []
    assert len(list(BINANCE.parse(answer(request, [candle(minute, 1)])))) == 1


def test_microseconds_are_told_by_their_size():
    """The archive has them from 2025 on."""
    row = candle(datetime(2025, 10, 30, tzinfo=UTC))
    row[0] *= 1000
    (bar,) = BINANCE.parse(answer(DAYS, [row]))
    assert bar.at == datetime(2025, 10, 30, tzinfo=UTC)


def test_a_candle_off_the_grid_is_kept():
    """After the outage of February 2018 they really were."""
    off = datetime(2025, 10, 30, 0, 0, 14, tzinfo=UTC)
    (bar,) = BINANCE.parse(answer(DAYS, [candle(off)]))
    assert bar.at == off


def test_a_candle_outside_the_span_is_refused():
    """The answer holds no symbol: the span is what can be checked."""
    rows = BINANCE.parse(answer(DAYS, [candle(datetime(2035, 10, 30, tzinfo=UTC))]))
    assert [row.reason for row in rows] == ["outside the span that was asked for"]


@pytest.mark.parametrize(
    "row", [[], ["1761782400000"] * 12, candle(datetime(2025, 10, 30, tzinfo=UTC))[:5], {}, None, [True] * 12]
)
def test_a_row_that_is_no_candle_is_refused_alone(row):
    """The good ones of its page stay."""
    good = candle(datetime(2025, 10, 29, tzinfo=UTC))
    rows = list(BINANCE.parse(answer(DAYS, [row, good])))
    assert [type(found) for found in rows] == [Unreadable, Bar]


def test_candles_come_in_order_and_once():
    """Whatever the order and the repetitions of the page."""
    days = [datetime(2025, 10, day, tzinfo=UTC) for day in (30, 29, 30)]
    rows = list(BINANCE.parse(answer(DAYS, [candle(day) for day in days])))
    assert [row.at.day for row in rows] == [29, 30]


def test_no_candle_is_a_good_answer():
    """Before the listing, and in an outage."""
    BINANCE.inspect(answer(DAYS, []))
    assert list(BINANCE.parse(answer(DAYS, []))) == []


def test_a_book_comes_best_level_first():
    """A book has no time of its own; the answer's stands for it."""
    assert (BOOK.path, BOOK.weight, dict(BOOK.params)["limit"]) == ("/api/v3/depth", 50, "1000")
    body = {"lastUpdateId": 7, "bids": [["99.0", "1"], ["99.5", "2"]], "asks": [["101.0", "1"], ["100.5", "3"]]}
    found = answer(BOOK, body)
    BINANCE.inspect(found)
    (book,) = BINANCE.parse(found)
    assert book.bids == ((99.5, 2.0), (99.0, 1.0))
    assert book.asks == ((100.5, 3.0), (101.0, 1.0))


@pytest.mark.parametrize(
    "body",
    [
        {"bids": [], "asks": [["1", "1"]]},
        {"bids": [["2", "1"]], "asks": [["1", "1"]]},
        {"bids": [["x", "1"]], "asks": [["1", "1"]]},
        {"bids": [["-1", "1"]], "asks": [["1", "1"]]},
        {"bids": [[]], "asks": [["1", "1"]]},
        {"bids": 1, "asks": 2},
        {},
        [],
    ],
)
def test_a_book_that_cannot_be_is_not_read(body):
    """Empty sides, crossed prices, levels that are none."""
    with pytest.raises(ResponseUnreadable):
        BINANCE.inspect(answer(BOOK, body))


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, -1121, ProviderRefused),
        (400, -1100, ProviderRefused),
        (400, -1120, ProviderRefused),
        (451, 0, ProviderRefused),
        (403, 0, ProviderRefused),
        (400, -1003, RateLimited),
        (429, -1003, RateLimited),
        (418, -1003, RateLimited),
        (400, -1007, ProviderDown),
        (503, -1008, ProviderDown),
        (200, -1121, ProviderRefused),
    ],
)
def test_binances_codes_are_told_apart(status, code, kind):
    """By code, and by status where the code says nothing."""
    with pytest.raises(kind):
        BINANCE.inspect(answer(DAYS, {"code": code, "msg": "No."}, status))


def test_the_wait_is_what_the_header_says():
    """In seconds, for 429 and for a ban."""
    with pytest.raises(RateLimited) as caught:
        BINANCE.inspect(answer(DAYS, {"code": -1003, "msg": "Too much"}, 429, {"retry-after": "17"}))
    assert caught.value.retry_after_s == 17


def test_the_wait_of_a_ban_stands_in_its_text_too():
    """Where the header is missing."""
    until = int((NOW + timedelta(minutes=2)).timestamp() * 1000)
    with pytest.raises(RateLimited) as caught:
        BINANCE.inspect(answer(DAYS, {"code": -1003, "msg": f"Way too much; IP banned until {until}. Please"}, 418))
    assert caught.value.retry_after_s == pytest.approx(120)


def test_a_firewalls_page_is_not_asked_for_again():
    """403 may be a security block."""
    with pytest.raises(ProviderRefused, match="firewall"):
        BINANCE.inspect(answer(DAYS, b"<HTML>Request blocked.</HTML>", 403))
