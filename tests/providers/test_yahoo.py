"""Yahoo's chart: bars and events of one answer, nulls, the exchange's own days, the stand-in for crypto."""

from datetime import UTC, date, datetime

import pytest

from etl.domain import ACTIONS, CRYPTO_1D, EQUITY_DAILY, EQUITY_HISTORY, MACRO, Action, Bar, DataRequest, Unreadable
from etl.errors import ProviderRefused, RateLimited, ResponseUnreadable
from tests.providers.made_up import NOW, YAHOO, answer, chart, planned

SPY = planned(YAHOO, EQUITY_DAILY, "SPY")
MIDNIGHTS = (1761782400, 1761868800, 1761955200)  # 2025-10-30, 31 and 11-01, UTC


def result(body):
    """The one result of a chart."""
    return body["chart"]["result"][0]


def test_recent_sessions_are_the_last_three_months():
    """A `since` within them asks for no less, so that the day's requests are the same."""
    asked = dict(SPY.params)
    assert asked == dict(planned(YAHOO, EQUITY_DAILY, "SPY", None).params)
    assert datetime.fromtimestamp(int(asked["period1"]), UTC) == datetime(2025, 8, 1, tzinfo=UTC)
    assert datetime.fromtimestamp(int(asked["period2"]), UTC) == datetime(2025, 11, 2, tzinfo=UTC)


def test_events_come_with_the_bars_request():
    """One answer holds both."""
    actions = planned(YAHOO, ACTIONS, "SPY")
    assert (actions.path, actions.params) == (SPY.path, SPY.params)


def test_history_starts_where_it_is_wanted():
    """Or at the very beginning."""
    since = datetime(2015, 1, 1, 5, tzinfo=UTC)
    assert dict(planned(YAHOO, EQUITY_HISTORY, "SPY", since).params)["period1"] == "1420070400"
    assert dict(planned(YAHOO, EQUITY_HISTORY, "SPY", None).params)["period1"] == "0"


@pytest.mark.parametrize(
    ("dataset", "symbol", "ticker"),
    [(EQUITY_DAILY, "BRK.B", "BRK-B"), (CRYPTO_1D, "BTCUSDT", "BTC-USD"), (EQUITY_DAILY, "^GSPC", "%5EGSPC")],
)
def test_symbols_are_spelt_as_yahoo_spells_them(dataset, symbol, ticker):
    """And quoted for the path."""
    assert planned(YAHOO, dataset, symbol).path == f"/v8/finance/chart/{ticker}"


def test_it_gives_no_macro_series():
    """Nor a crypto day of what is no pair."""
    assert YAHOO.plan(DataRequest(MACRO, "DGS10"), NOW) == []
    assert YAHOO.plan(DataRequest(CRYPTO_1D, "SPY"), NOW) == []


def test_bars_and_events_come_out_of_one_answer():
    """Bars first, then splits, then dividends; prices are restated for splits."""
    found = answer(SPY, chart())
    YAHOO.inspect(found)
    rows = list(YAHOO.parse(found))
    assert rows[0] == Bar("SPY", "1d", date(2025, 10, 29), 10.0, 20.0, 5.0, 10.0, 1000.0, "split", 9.0)
    assert rows[3:] == [
        Action("SPY", date(2025, 10, 30), "split", 4.0),
        Action("SPY", date(2025, 10, 30), "dividend", 0.25),
    ]


def test_a_row_belongs_to_the_exchanges_day():
    """Seven in the evening in New York is the next day in UTC."""
    body = chart(stamps=(1761951600,))  # 2025-10-31 23:00 UTC, 19:00 in New York
    (row, *_) = YAHOO.parse(answer(SPY, body))
    assert row.at == date(2025, 10, 31)


def test_a_row_of_nulls_is_no_row():
    """Nothing traded; a single null stays, and transform refuses the row."""
    body = chart()
    for column in result(body)["indicators"]["quote"][0].values():
        column[0] = None
    result(body)["indicators"]["quote"][0]["close"][1] = None
    bars = [row for row in YAHOO.parse(answer(SPY, body)) if isinstance(row, Bar)]
    assert [(bar.at.day, bar.close) for bar in bars] == [(30, None), (31, 12.0)]


def test_the_running_session_is_read_once():
    """It may stand there twice, the second time stamped with the last trade."""
    body = chart(stamps=(1761831000, 1761917400, 1761931800))
    result(body)["meta"]["regularMarketTime"] = 1761931800
    bars = [row for row in YAHOO.parse(answer(SPY, body)) if isinstance(row, Bar)]
    assert [(bar.at.day, bar.close) for bar in bars] == [(30, 10.0), (31, 11.0)]


def test_contradicting_rows_of_one_day_are_refused():
    """Neither can be trusted."""
    body = chart(stamps=(1761917400, 1761920000))
    rows = [row for row in YAHOO.parse(answer(SPY, body)) if not isinstance(row, Action)]
    assert [type(row) for row in rows] == [Unreadable]


def test_another_symbol_is_not_loaded():
    """The meta says whose chart it is."""
    with pytest.raises(ResponseUnreadable, match="another symbol"):
        YAHOO.inspect(answer(SPY, chart("OTHER")))


def test_arrays_of_different_lengths_are_not_read():
    """A value would stand beside the wrong day."""
    body = chart()
    result(body)["indicators"]["quote"][0]["close"].pop()
    with pytest.raises(ResponseUnreadable, match="2 of 3"):
        YAHOO.inspect(answer(SPY, body))


@pytest.mark.parametrize("zone", [None, "", "Mars/Olympus", "../etc", "America"])
def test_a_chart_without_a_zone_is_not_read(zone):
    """The days would be guesses."""
    body = chart()
    result(body)["meta"]["exchangeTimezoneName"] = zone
    with pytest.raises(ResponseUnreadable, match="zone"):
        YAHOO.inspect(answer(SPY, body))


def test_a_chart_without_rows_is_not_an_answer():
    """The next provider is asked: three months without a session mean that the symbol is gone."""
    body = chart()
    del result(body)["timestamp"]
    result(body)["indicators"] = {"quote": [{}]}
    with pytest.raises(ProviderRefused):
        YAHOO.inspect(answer(SPY, body))


@pytest.mark.parametrize("status", [200, 404])
def test_an_unknown_symbol_is_refused(status):
    """With its own status or with 200."""
    error = {"code": "Not Found", "description": "No data found, symbol may be delisted"}
    with pytest.raises(ProviderRefused):
        YAHOO.inspect(answer(SPY, {"chart": {"result": None, "error": error}}, status))


def test_too_many_requests_are_text():
    """Not JSON, and without a time to wait."""
    with pytest.raises(RateLimited):
        YAHOO.inspect(answer(SPY, b"Too Many Requests\r\n", 429))


def test_a_crypto_day_keeps_its_dollar_volume_apart():
    """An index over several exchanges counts in dollars; the running day is left out."""
    request = planned(YAHOO, CRYPTO_1D, "BTCUSDT")
    found = answer(request, chart("BTC-USD", MIDNIGHTS, "UTC"))
    YAHOO.inspect(found)
    rows = list(YAHOO.parse(found))
    assert [row.at for row in rows] == [datetime(2025, 10, day, tzinfo=UTC) for day in (30, 31)]
    assert {(row.symbol, row.volume, row.quote_volume, row.adjustment) for row in rows} == {
        ("BTCUSDT", None, 1000.0, "raw")
    }


@pytest.mark.parametrize("split", [{"date": 1761831000, "numerator": 4}, {"numerator": 4, "denominator": 1}, 7])
def test_a_split_without_a_ratio_or_date_is_refused_alone(split):
    """The bars and the dividend stay."""
    body = chart()
    result(body)["events"]["splits"] = {"x": split}
    rows = list(YAHOO.parse(answer(SPY, body)))
    assert sorted(type(row).__name__ for row in rows) == ["Action", "Bar", "Bar", "Bar", "Unreadable"]
