"""The demo's upstream: every want is answered in the provider's own form, and later answers extend earlier ones."""

import time
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime

import pytest

from etl.demo.upstream import answer
from etl.domain import (
    CRYPTO_1D,
    CRYPTO_1M,
    EQUITY_DAILY,
    EQUITY_HISTORY,
    MACRO,
    ORDER_BOOK,
    SERIES_METADATA,
    Bar,
    Book,
    DataRequest,
    Observation,
    Unreadable,
)
from etl.domain import Series as Description
from etl.errors import ProviderRefused
from etl.market.sessions import sessions
from etl.providers import PROVIDERS
from tests.demo.demo_reading import (
    EQUITIES,
    LATER,
    NOW,
    PAIRS,
    UNIVERSE,
    bars_of,
    fetched,
    klines,
    observations,
    rows_of,
    yahoo_bars,
)

WANTS = [
    *(("alpha_vantage", DataRequest(EQUITY_DAILY, symbol), Bar, 100) for symbol in EQUITIES),
    *(
        ("yahoo", DataRequest(EQUITY_HISTORY, symbol, datetime(2015, 1, 1, tzinfo=UTC)), Bar, 2700)
        for symbol in EQUITIES
    ),
    *(("fred", DataRequest(MACRO, series_id), Observation, 190) for series_id in UNIVERSE.series),
    *(("fred_graph", DataRequest(MACRO, series_id), Observation, 190) for series_id in UNIVERSE.series),
    *(("fred", DataRequest(SERIES_METADATA, series_id), Description, 1) for series_id in UNIVERSE.series),
    *(("binance", DataRequest(CRYPTO_1M, symbol, NOW - timedelta(days=2)), Bar, 2800) for symbol in PAIRS),
    *(("binance", DataRequest(CRYPTO_1D, symbol, datetime(2024, 1, 1, tzinfo=UTC)), Bar, 790) for symbol in PAIRS),
    *(("binance", DataRequest(ORDER_BOOK, symbol), Book, 1) for symbol in PAIRS),
]


@pytest.mark.parametrize(("source", "want", "kind", "least"), WANTS, ids=lambda value: getattr(value, "symbol", None))
def test_every_want_of_the_default_universe_is_answered(source: str, want: DataRequest, kind: type, least: int) -> None:
    """The real providers read the demo's answers without a refused row."""
    rows = rows_of(source, want)
    assert not [row for row in rows if isinstance(row, Unreadable)]
    assert sum(isinstance(row, kind) for row in rows) >= least


def test_all_answers_together_take_under_two_seconds_of_work() -> None:
    """The demo's upstream is not what `make demo` waits for (processor time, with room for a slower machine)."""
    sessions(date(2010, 1, 1), date(2010, 2, 1))  # the exchange's calendar is asked by the job anyway
    now = LATER + timedelta(seconds=1)
    started = time.process_time()
    for source, want, _, _ in WANTS:
        for request in PROVIDERS[source].plan(want, now):
            fetched(request, now)
    assert time.process_time() - started < 4.0


@pytest.mark.parametrize(
    ("source", "dataset"),
    [("alpha_vantage", EQUITY_DAILY), ("yahoo", EQUITY_HISTORY), ("fred", MACRO), ("binance", CRYPTO_1D)],
)
def test_an_unknown_symbol_is_refused_in_the_providers_own_words(source: str, dataset: str) -> None:
    """Nothing is made up for a symbol that the demo does not have."""
    provider = PROVIDERS[source]
    (request, *_) = provider.plan(DataRequest(dataset, "NOPE", NOW - timedelta(days=9)), NOW)
    with pytest.raises(ProviderRefused):
        provider.inspect(fetched(request))


def test_an_address_that_is_not_served_answers_404() -> None:
    """The demo reaches no network, so an unknown host is simply not there."""
    assert answer("https://example.org/", NOW)[0] == 404


def test_answers_carry_the_instant_and_binance_its_weight() -> None:
    """The Date header is the demo's now; Binance counts in its own header."""
    status, headers, _ = answer("https://data-api.binance.vision/api/v3/time", NOW)
    assert (status, headers["X-MBX-USED-WEIGHT-1M"]) == (200, "1")
    assert parsedate_to_datetime(headers["Date"]) == NOW


def test_later_answers_repeat_all_final_sessions_and_add_new_ones() -> None:
    """A session that is over never changes its prices or volume."""
    before = {bar.at: (bar.open, bar.high, bar.low, bar.close, bar.volume) for bar in yahoo_bars("SPY")}
    after = {bar.at: (bar.open, bar.high, bar.low, bar.close, bar.volume) for bar in yahoo_bars("SPY", LATER)}
    running = max(before)
    assert running == NOW.date()
    assert {at: row for at, row in before.items() if at != running}.items() <= after.items()
    assert before[running] != after[running]
    assert len(after) > len(before)


def test_later_answers_repeat_all_closed_candles_exactly() -> None:
    """A candle that is over never changes, only the one in progress does."""
    start = int((NOW - timedelta(hours=3)).timestamp() * 1000)
    before, after = (klines("ETHUSDT", "1m", now, startTime=start, limit=1000) for now in (NOW, LATER))
    assert before[:-1] == after[: len(before) - 1]
    assert before[-1] != after[len(before) - 1]


@pytest.mark.parametrize("series_id", UNIVERSE.series)
def test_later_answers_repeat_all_published_observations(series_id: str) -> None:
    """The demo's series are not revised."""
    before, after = observations(series_id, NOW), observations(series_id, LATER)
    assert before.items() <= after.items()
    assert len(before) > 150


def test_alpha_vantage_and_yahoo_give_the_same_closes() -> None:
    """Two sources of one made-up market agree."""
    first = {bar.at: bar.close for bar in bars_of("alpha_vantage", DataRequest(EQUITY_DAILY, "QQQ"))}
    second = {bar.at: bar.close for bar in yahoo_bars("QQQ")}
    assert first.items() <= second.items()
