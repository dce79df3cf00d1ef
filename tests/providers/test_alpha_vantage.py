"""Alpha Vantage: what is asked, what each refusal means, what the bodies say."""

from datetime import UTC, date, datetime

import pytest

from etl.domain import (
    ACTIONS,
    CRYPTO_1D,
    EQUITY_DAILY,
    EQUITY_HISTORY,
    MACRO,
    ORDER_BOOK,
    Action,
    Bar,
    DataRequest,
    Observation,
    Unreadable,
)
from etl.errors import (
    KeyRefused,
    ProviderDown,
    ProviderQuotaExhausted,
    ProviderRefused,
    RateLimited,
    ResponseUnreadable,
)
from tests.providers.made_up import ALPHA_VANTAGE, NOW, answer, coin_days, daily, planned, weekly

SPY = planned(ALPHA_VANTAGE, EQUITY_DAILY, "SPY")
BTC = planned(ALPHA_VANTAGE, CRYPTO_1D, "BTCUSDT")

BURST = (
    "Thank you for using Alpha Vantage! Please spread out requests more sparingly (1 request per second). Subscribe to "
    "any of the premium plans to lift the free key rate limit (25 requests per day) and unlock all premium endpoints"
)
DAY = "We have detected your API key as SECRETKEY and our standard API rate limit is 25 requests per day. premium plans"


def test_one_call_asks_for_the_last_hundred_sessions():
    """The compact size is all that a free key gives."""
    asked = dict(SPY.params)
    assert asked == {"function": "TIME_SERIES_DAILY", "symbol": "SPY", "outputsize": "compact"}
    assert SPY.path == "/query"


def test_splits_and_dividends_are_two_calls():
    """Each of them costs one of the day's 25."""
    requests = ALPHA_VANTAGE.plan(DataRequest(ACTIONS, "SPY"), NOW)
    assert [dict(r.params)["function"] for r in requests] == ["SPLITS", "DIVIDENDS"]


def test_a_pair_is_asked_for_by_its_coin_in_dollars():
    """BTCUSDT is BTC against USD there."""
    assert dict(BTC.params) == {"function": "DIGITAL_CURRENCY_DAILY", "symbol": "BTC", "market": "USD"}


@pytest.mark.parametrize(("dataset", "symbol"), [(ORDER_BOOK, "BTCUSDT"), (MACRO, "CPIAUCSL"), (CRYPTO_1D, "SPY")])
def test_what_it_does_not_give_plans_nothing(dataset, symbol):
    """Among them CPI, which Alpha Vantage serves without the seasonal adjustment."""
    assert ALPHA_VANTAGE.plan(DataRequest(dataset, symbol), NOW) == []


def test_bars_come_oldest_first_as_traded():
    """The wire has the newest first."""
    rows = list(ALPHA_VANTAGE.parse(answer(SPY, daily("2025-10-30", "2025-10-31"))))
    assert [row.at for row in rows] == [date(2025, 10, 30), date(2025, 10, 31)]
    assert rows[0] == Bar("SPY", "1d", date(2025, 10, 30), 10.0, 12.0, 9.5, 11.0, 1234.0, "raw")


def test_keys_are_matched_by_their_text_after_the_number():
    """The volume is number 5 or 6, by function."""
    body = daily("2025-10-31")
    body["Time Series (Daily)"]["2025-10-31"] = {
        "7. open": "1",
        "1. high": "3",
        "2. low": "1",
        "3. close": "2",
        "6. volume": "9",
    }
    (row,) = ALPHA_VANTAGE.parse(answer(SPY, body))
    assert (row.open, row.high, row.low, row.close, row.volume) == (1.0, 3.0, 1.0, 2.0, 9.0)


def test_a_good_answer_with_a_note_is_data():
    """A welcome note once broke a well-known client."""
    found = answer(SPY, daily("2025-10-31") | {"Note": BURST})
    ALPHA_VANTAGE.inspect(found)
    assert len(list(ALPHA_VANTAGE.parse(found))) == 1


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"Information": BURST}, RateLimited),
        ({"Information": DAY}, ProviderQuotaExhausted),
        (
            {"Information": "Our standard API rate limit is 25 requests per day. See our premium plans"},
            ProviderQuotaExhausted,
        ),
        ({"Note": "Our standard API call frequency is 5 calls per minute and 500 calls per day."}, RateLimited),
        ({"Information": "This is a premium endpoint. You may subscribe to any of the premium plans"}, ProviderRefused),
        (
            {"endpoint": "X", "message": "This is a premium endpoint. SAMPLE DATA IS ARTIFICIAL", "data": [{}]},
            ProviderRefused,
        ),
        ({"Information": "The **demo** API key is for demo purposes only."}, KeyRefused),
        ({"Error Message": "the parameter apikey is invalid or missing."}, KeyRefused),
        ({"Error Message": "Invalid API call. Please retry or visit the documentation"}, ProviderRefused),
        ({"Error Message": "This API function (X) does not exist."}, ProviderRefused),
        ({"Global Quote": {}}, ResponseUnreadable),
        ({"Time Series (Daily)": {}}, ResponseUnreadable),
        ({}, ResponseUnreadable),
        ([], ResponseUnreadable),
        (b"", ResponseUnreadable),
        (b"symbol,name\nI,n,f,o,r,m,a\n", ResponseUnreadable),
        (b"<!DOCTYPE html><html></html>", ResponseUnreadable),
    ],
)
def test_each_refusal_is_told_from_the_others(body, error):
    """All of them come with status 200, and the burst text names the daily limit and the premium plans too."""
    with pytest.raises(error):
        ALPHA_VANTAGE.inspect(answer(SPY, body))


def test_the_placeholder_is_refused_for_a_function_whose_data_has_its_key():
    """SPLITS and the premium placeholder both hold `data`."""
    body = {"endpoint": "X", "message": "This is a premium endpoint. ARTIFICIAL", "data": [{"split_factor": "2"}]}
    with pytest.raises(ProviderRefused):
        ALPHA_VANTAGE.inspect(answer(planned(ALPHA_VANTAGE, ACTIONS, "SPY"), body))


def test_the_daily_cap_is_not_quoted():
    """Its text echoes the key."""
    with pytest.raises(ProviderQuotaExhausted) as caught:
        ALPHA_VANTAGE.inspect(answer(SPY, {"Information": DAY}))
    assert "SECRETKEY" not in str(caught.value)


@pytest.mark.parametrize(
    ("status", "error"), [(503, ProviderDown), (302, ProviderDown), (429, RateLimited), (406, ProviderRefused)]
)
def test_another_status_than_200_is_never_data(status, error):
    """The hosting router answers 503 with HTML."""
    with pytest.raises(error):
        ALPHA_VANTAGE.inspect(answer(SPY, daily("2025-10-31"), status))


def test_another_symbol_is_not_loaded():
    """The Meta Data say whose rows they are."""
    with pytest.raises(ResponseUnreadable, match="another symbol"):
        ALPHA_VANTAGE.inspect(answer(SPY, daily("2025-10-31", symbol="OTHER")))


def test_another_currency_is_not_loaded():
    """A pair in euro is no pair in dollars."""
    with pytest.raises(ResponseUnreadable, match="currency"):
        ALPHA_VANTAGE.inspect(answer(BTC, coin_days("2025-10-31", market="EUR")))


def test_a_running_crypto_day_is_left_out():
    """Two hours into its day the row was fetched once, and changed later."""
    found = answer(BTC, coin_days("2025-10-31", "2025-11-01"))
    ALPHA_VANTAGE.inspect(found)
    (row,) = ALPHA_VANTAGE.parse(found)
    assert row.symbol == "BTCUSDT"
    assert row.at == datetime(2025, 10, 31, tzinfo=UTC)


def test_the_older_names_of_crypto_fields_are_read():
    """Until mid-2024 the keys named the currency."""
    body = coin_days("2025-10-31")
    old = {"1b. open (USD)": "1", "2b. high (USD)": "3", "3b. low (USD)": "1", "4b. close (USD)": "2", "5. volume": "9"}
    body["Time Series (Digital Currency Daily)"]["2025-10-31"] = old
    (row,) = ALPHA_VANTAGE.parse(answer(BTC, body))
    assert (row.open, row.high, row.low, row.close, row.volume) == (1.0, 3.0, 1.0, 2.0, 9.0)


def test_weeks_are_marked_as_such():
    """The free key's only long history is coarser, and says so."""
    request = planned(ALPHA_VANTAGE, EQUITY_HISTORY, "SPY")
    found = answer(request, weekly("2025-10-24", "2025-10-31"))
    ALPHA_VANTAGE.inspect(found)
    assert [row.interval for row in ALPHA_VANTAGE.parse(found)] == ["1w", "1w"]


def test_a_value_that_is_no_number_becomes_none():
    """Transform refuses the row then, with its reason."""
    body = daily("2025-10-31")
    body["Time Series (Daily)"]["2025-10-31"] |= {"4. close": "NaN", "5. volume": None}
    (row,) = ALPHA_VANTAGE.parse(answer(SPY, body))
    assert row.close is None
    assert row.volume is None


def test_a_row_without_a_date_is_refused_alone():
    """The others of its answer stay."""
    body = daily("2025-10-31")
    body["Time Series (Daily)"]["yesterday"] = {}
    rows = list(ALPHA_VANTAGE.parse(answer(SPY, body)))
    assert [type(row) for row in rows] == [Unreadable, Bar]


def test_splits_and_dividends_are_actions():
    """Both functions hold a list `data`, with their own names."""
    splits, dividends = ALPHA_VANTAGE.plan(DataRequest(ACTIONS, "SPY"), NOW)
    body = {"symbol": "SPY", "data": [{"effective_date": "2025-10-20", "split_factor": "2.0000"}]}
    assert list(ALPHA_VANTAGE.parse(answer(splits, body))) == [Action("SPY", date(2025, 10, 20), "split", 2.0)]
    body = {"symbol": "SPY", "data": [{"ex_dividend_date": "2025-09-19", "amount": "1.83"}, {"amount": "None"}]}
    rows = list(ALPHA_VANTAGE.parse(answer(dividends, body)))
    assert Action("SPY", date(2025, 9, 19), "dividend", 1.83) in rows
    assert [type(row) for row in rows] == [Unreadable, Action]


def test_a_symbol_without_actions_is_a_good_answer():
    """Most symbols never split."""
    found = answer(planned(ALPHA_VANTAGE, ACTIONS, "SPY"), {"symbol": "SPY", "data": []})
    ALPHA_VANTAGE.inspect(found)
    assert list(ALPHA_VANTAGE.parse(found)) == []


def test_economic_series_keep_the_missing_value():
    """A point means the same as FRED's."""
    body = {
        "name": "X",
        "interval": "daily",
        "data": [{"date": "2025-10-02", "value": "4.1"}, {"date": "2025-10-01", "value": "."}],
    }
    found = answer(planned(ALPHA_VANTAGE, MACRO, "DGS10"), body)
    ALPHA_VANTAGE.inspect(found)
    assert list(ALPHA_VANTAGE.parse(found)) == [
        Observation("DGS10", date(2025, 10, 1), None),
        Observation("DGS10", date(2025, 10, 2), 4.1),
    ]
