"""Genuine recorded answers, where the shared folder is: refusals are what the facts call them, bodies read whole."""

import json
import os
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from etl.domain import (
    ACTIONS,
    CRYPTO_1D,
    CRYPTO_1M,
    CRYPTO_QUOTE,
    EQUITY_DAILY,
    EQUITY_QUOTE,
    MACRO,
    ORDER_BOOK,
    SERIES_METADATA,
    Action,
    Bar,
    Book,
    Request,
    Series,
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
from etl.providers import PROVIDERS
from tests.providers.made_up import answer, planned

PAYLOADS = Path(os.environ.get("MFO_SHARED", Path(__file__).parents[3] / "shared")) / "payloads"
pytestmark = pytest.mark.skipif(not PAYLOADS.is_dir(), reason="no recorded payloads: the shared folder is not here")

LATER = datetime(2026, 11, 20, tzinfo=UTC)  # after every recording
AV, FRED_, BINANCE_, YAHOO_ = "alpha_vantage", "fred", "binance", "fallbacks"
ERRORS = [
    (AV, "error_apikey_missing_quoted.json", 200, KeyRefused),
    (AV, "error_csv_quota_notice_disguised_quoted.csv", 200, ResponseUnreadable),
    (AV, "error_demo_key_quoted.json", 200, KeyRefused),
    (AV, "error_empty_global_quote_unknown_symbol_2023-07.json", 200, ResponseUnreadable),
    (AV, "error_empty_object_quoted.json", 200, ResponseUnreadable),
    (AV, "error_http406_accept_csv_quoted.json", 406, ProviderRefused),
    (AV, "error_http503_heroku_quoted.html", 503, ProviderDown),
    (AV, "error_invalid_api_call_BOP_2025-11.json", 200, ProviderRefused),
    (AV, "error_invalid_api_call_daily_quoted.json", 200, ProviderRefused),
    (AV, "error_premium_endpoint_quoted.json", 200, ProviderRefused),
    (AV, "error_premium_outputsize_full_quoted.json", 200, ProviderRefused),
    (AV, "error_rate_burst_1_per_second_quoted.json", 200, RateLimited),
    (AV, "error_rate_daily_limit_2024_quoted.json", 200, ProviderQuotaExhausted),
    (AV, "error_rate_daily_limit_key_echo_quoted.json", 200, ProviderQuotaExhausted),
    (AV, "error_rate_note_5_per_minute_quoted.json", 200, RateLimited),
    (AV, "error_unknown_function_quoted.json", 200, ProviderRefused),
    (AV, "premium_placeholder_realtime_bulk_quotes_2026-05-17.json", 200, ProviderRefused),
    (AV, "premium_placeholder_realtime_options_2026-05-17.json", 200, ProviderRefused),
    (FRED_, "error_400_api_key_malformed_quoted.json", 400, KeyRefused),
    (FRED_, "error_400_api_key_not_registered_docs.json", 400, KeyRefused),
    (FRED_, "error_400_bad_units_quoted.json", 400, ProviderRefused),
    (FRED_, "error_400_missing_release_id.json", 400, ProviderRefused),
    (FRED_, "error_400_missing_series_id.json", 400, ProviderRefused),
    (FRED_, "error_400_missing_tag_names.json", 400, ProviderRefused),
    (FRED_, "error_400_realtime_end_after_today.json", 400, ProviderRefused),
    (FRED_, "error_400_series_does_not_exist_quoted.json", 400, ProviderRefused),
    (FRED_, "error_400_v2_docs.json", 400, ProviderRefused),
    (FRED_, "error_429_rate_limit.json", 429, RateLimited),
    (FRED_, "error_500_internal_server_error.json", 500, ProviderDown),
    (BINANCE_, "err_binance_403_waf_cloudfront_2018.html", 403, ProviderRefused),
    (BINANCE_, "err_binance_418_banned.json", 418, RateLimited),
    (BINANCE_, "err_binance_451_geoblock.json", 451, ProviderRefused),
    (BINANCE_, "err_binanceus_-1100.json", 400, ProviderRefused),
    (BINANCE_, "gct_error_-1121_fapi_ticker24hr.json", 400, ProviderRefused),
    ("yahoo", "err_yahoo_429.txt", 429, RateLimited),
    ("twelve_data", "err_twelvedata_429_minute.json", 429, RateLimited),
    ("twelve_data", "err_twelvedata_429_minute.json", 200, RateLimited),
    ("fmp", "err_fmp_403_legacy.json", 403, ProviderRefused),
    ("fmp", "err_fmp_429_limit.json", 429, ProviderQuotaExhausted),
    ("fmp", "err_fmp_429_limit.json", 200, ProviderQuotaExhausted),
    ("alpaca", "err_alpaca_403_recent_sip.json", 403, ProviderRefused),
    ("finnhub", "err_finnhub_403_candle.json", 403, ProviderRefused),
    ("coingecko", "err_coingecko_10012_over365days.json", 401, ProviderRefused),
    ("coingecko", "err_coingecko_429.json", 429, RateLimited),
]
FOLDERS = dict.fromkeys(("yahoo", "twelve_data", "fmp", "alpaca", "finnhub", "coingecko"), "fallbacks")
SUBJECTS = {
    AV: (EQUITY_DAILY, "SPY"),
    FRED_: (MACRO, "DGS10"),
    BINANCE_: (CRYPTO_1M, "BTCUSDT"),
    "yahoo": (EQUITY_DAILY, "SPY"),
    **dict.fromkeys(("twelve_data", "fmp", "alpaca"), (EQUITY_DAILY, "SPY")),
    "finnhub": (EQUITY_QUOTE, "SPY"),
    "coingecko": (CRYPTO_QUOTE, "BTCUSDT"),
}


def recorded(folder, name):
    """A recorded body."""
    return (PAYLOADS / folder / name).read_bytes()


def rows_of(provider, request, body):
    """The rows of a recorded body, which must pass inspection."""
    found = answer(request, body, at=LATER)
    PROVIDERS[provider].inspect(found)
    return list(PROVIDERS[provider].parse(found))


@pytest.mark.parametrize(("provider", "name", "status", "error"), ERRORS)
def test_a_recorded_refusal_is_told_for_what_it_is(provider, name, status, error):
    """As the facts' tables say."""
    request = planned(PROVIDERS[provider], *SUBJECTS[provider])
    with pytest.raises(error):
        PROVIDERS[provider].inspect(answer(request, recorded(FOLDERS.get(provider, provider), name), status, at=LATER))


def test_no_recorded_refusal_is_forgotten():
    """A new file in the folder needs a line above."""
    listed = {(FOLDERS.get(provider, provider), name) for provider, name, _, _ in ERRORS}
    others = ("yf2",)  # another endpoint
    for folder in (AV, FRED_, BINANCE_, YAHOO_):
        names = {p.name for p in (PAYLOADS / folder).iterdir() if p.name.startswith(("err", "premium"))}
        assert {name for name in names if not any(word in name for word in others)} <= {
            n for f, n in listed if f == folder
        }


@pytest.mark.parametrize(
    ("symbol", "stem", "count"),
    [
        ("AMZN", "AMZN_2023-07", 100),
        ("C", "C_2023-07", 100),
        ("IBM", "IBM_2020-05-08_excerpt", 2),
        ("MSFT", "MSFT_2018-06-08", 100),
        ("MSFT", "MSFT_2023-07", 100),
        ("PATH", "PATH_2023-07", 100),
        ("TDOC", "TDOC_2023-07", 100),
        ("TSLA", "TSLA_2023-07", 100),
        ("VZ", "VZ_2023-07", 100),
        ("ZM", "ZM_2023-07", 100),
    ],
)
def test_recorded_daily_bars_read_whole(symbol, stem, count):
    """Every row, oldest first, with each of its numbers."""
    request = planned(PROVIDERS[AV], EQUITY_DAILY, symbol)
    rows = rows_of(AV, request, recorded(AV, f"time_series_daily_{stem}.json"))
    assert len(rows) == count
    assert [row.at for row in rows] == sorted(row.at for row in rows)
    assert not [row for row in rows if None in (row.open, row.high, row.low, row.close, row.volume)]
    assert not [row for row in rows if not row.low <= min(row.open, row.close) <= row.high]


def test_recorded_adjusted_bars_have_the_same_series_key():
    """The premium function's volume is number 6, and is still the volume."""
    request = planned(PROVIDERS[AV], EQUITY_DAILY, "IBM")
    rows = rows_of(AV, request, recorded(AV, "time_series_daily_adjusted_IBM_2025-01-13.json"))
    assert len(rows) >= 100
    assert min(row.volume for row in rows) > 10_000


@pytest.mark.parametrize("name", ["AUD_oldformat_2021-07-28", "EUR_2025-08-24"])
def test_a_recorded_pair_in_another_currency_is_not_loaded(name):
    """mfo asks for dollars only."""
    request = planned(PROVIDERS[AV], CRYPTO_1D, "BTCUSDT")
    with pytest.raises(ResponseUnreadable, match="currency"):
        rows_of(AV, request, recorded(AV, f"digital_currency_daily_BTC_{name}_excerpt.json"))


@pytest.mark.parametrize(
    ("series_id", "name"), [("FEDFUNDS", "federal_funds_rate_monthly_2023-07"), ("DCOILWTICO", "wti_daily_2023-07")]
)
def test_recorded_economic_series_read_whole(series_id, name):
    """Oldest first, with a point for a missing value."""
    body = recorded(AV, f"{name}.json")
    rows = rows_of(AV, planned(PROVIDERS[AV], MACRO, series_id), body)
    assert len(rows) == len(json.loads(body)["data"]) > 400
    assert not [row for row in rows if isinstance(row, Unreadable)]


@pytest.mark.parametrize(
    "name",
    [
        "CPILFESL_rec2025-01-20",
        "DGS10_rec2024-06-24",
        "DGS1MO_rec2024-06-24",
        "DHHNGSP_rec2024-09-18",
        "GDP_rec2022-09-27",
        "GDP_rec2025-01-20",
        "T10Y3M_rec2024-06-27",
        "WGS10YR_rec2025-01-20",
    ],
)
def test_recorded_observations_read_whole(name):
    """As many as the body counts, none refused, no vintage made up."""
    body = recorded(FRED_, f"series_observations_{name}.json")
    rows = rows_of(FRED_, planned(PROVIDERS[FRED_], MACRO, name.split("_")[0]), body)
    assert len(rows) == json.loads(body)["count"] >= 8
    assert not [row for row in rows if isinstance(row, Unreadable) or row.vintage_date]


def test_recorded_vintages_are_kept_apart():
    """Where they were asked for, one row for each date and vintage."""
    request = planned(PROVIDERS[FRED_], MACRO, "GDP")
    request = Request(FRED_, MACRO, "GDP", request.path, (*request.params, ("realtime_start", "1776-07-04")))
    rows = rows_of(FRED_, request, recorded(FRED_, "series_observations_GDP_all_vintages_rec2025-01-20.json"))
    assert len({(row.date, row.vintage_date) for row in rows}) == len(rows) == 3201


def test_a_recorded_description_is_read():
    """With its units and the instant of the last update."""
    request = planned(PROVIDERS[FRED_], SERIES_METADATA, "GDP")
    (row,) = rows_of(FRED_, request, recorded(FRED_, "series_GDP_rec2025-01-20.json"))
    assert isinstance(row, Series)
    assert (row.units, row.frequency) == ("Billions of Dollars", "Q")


def test_a_list_of_updates_is_no_description():
    """fred/series/updates ignores series_id: its first series is another one."""
    request = planned(PROVIDERS[FRED_], SERIES_METADATA, "GDP")
    with pytest.raises(ResponseUnreadable, match="another series"):
        rows_of(FRED_, request, recorded(FRED_, "series_updates_rec2025-01-20.json"))


@pytest.mark.parametrize(
    ("name", "interval", "count"),
    [
        ("BTCUSDT_1m_20200506_60rows", "1m", 60),
        ("BTCUSDT_1h_page1_20200430_1000rows", "1h", 1000),
        ("BTCUSDT_1h_page2_20200611_468rows", "1h", 468),
        ("BTCUSDT_1d_20181229_372rows", "1d", 372),
        ("BTCUSDT_1d_20200901_168rows", "1d", 168),
    ],
)
def test_recorded_candles_read_whole(name, interval, count):
    """The gaps of real outages stay gaps."""
    request = Request(BINANCE_, CRYPTO_1M, "BTCUSDT", "/api/v3/klines", (("interval", interval),), 2)
    rows = rows_of(BINANCE_, request, recorded(BINANCE_, f"gct_klines_{name}.json"))
    assert len(rows) == count
    assert not [row for row in rows if not isinstance(row, Bar) or row.taker_buy_volume > row.volume]


@pytest.mark.parametrize("name", ["BTCUSDT_1000_20210404", "ETHUSDT_1000_20210404", "FTMUSDT_5000_20210814"])
def test_a_recorded_book_is_read(name):
    """Best levels first; one side may be shorter than asked for."""
    request = planned(PROVIDERS[BINANCE_], ORDER_BOOK, name.split("_")[0])
    (book,) = rows_of(BINANCE_, request, recorded(BINANCE_, f"cf_depth_{name}.json"))
    assert isinstance(book, Book)
    assert len(book.bids) > 500
    assert book.bids[0][0] < book.asks[0][0]


@pytest.mark.parametrize(
    ("symbol", "name", "dataset", "bars", "actions"),
    [
        ("AAPL", "AAPL_1d_20200831", EQUITY_DAILY, 49, 2),
        ("MSFT", "MSFT_1d_dividends_2021", ACTIONS, 252, 4),
        ("NVDA", "NVDA_1d_split_2021", EQUITY_DAILY, 252, 1),
        ("BTCUSDT", "BTC-USD_1d_20200101", CRYPTO_1D, 3, 0),
    ],
)
def test_a_recorded_chart_is_read(symbol, name, dataset, bars, actions):
    """Bars and events of one answer."""
    body = json.loads(recorded(YAHOO_, f"yf2_chart_{name}.json"))["response"]["bodyJson"]
    rows = rows_of("yahoo", planned(PROVIDERS["yahoo"], dataset, symbol), json.dumps(body).encode())
    assert sum(isinstance(row, Bar) for row in rows) == bars
    assert sum(isinstance(row, Action) for row in rows) == actions
    assert len(rows) == bars + actions


def test_a_recorded_split_is_of_the_exchanges_day():
    """Apple's four for one of 2020-08-31."""
    body = json.loads(recorded(YAHOO_, "yf2_chart_AAPL_1d_20200831.json"))["response"]["bodyJson"]
    rows = rows_of("yahoo", planned(PROVIDERS["yahoo"], EQUITY_DAILY, "AAPL"), json.dumps(body).encode())
    assert Action("AAPL", date(2020, 8, 31), "split", 4.0) in rows


def test_a_recorded_empty_chart_is_not_an_answer():
    """A weekend's span has neither timestamps nor values."""
    body = json.loads(recorded(YAHOO_, "yf2_chart_AAPL_1m_weekend_empty.json"))["response"]["bodyJson"]
    with pytest.raises(ProviderRefused):
        rows_of("yahoo", planned(PROVIDERS["yahoo"], EQUITY_DAILY, "AAPL"), json.dumps(body).encode())


def test_fmps_days_are_read_whole():
    """Six of AAPL's, newest first on the wire, with the dates and the fields that the facts name."""
    body = recorded("fallbacks", "openbb_fmp_stable_eod_AAPL_20230103.json")
    found = rows_of("fmp", planned(PROVIDERS["fmp"], EQUITY_DAILY, "AAPL"), body)
    assert len(found) == len(json.loads(body))
    last = max(json.loads(body), key=lambda row: row["date"])
    assert (found[-1].at.isoformat(), found[-1].close, found[-1].volume) == (
        last["date"],
        last["close"],
        last["volume"],
    )
    assert {row.adjustment for row in found} == {"split"}
