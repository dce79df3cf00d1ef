"""Numbers, dates, waits and statuses as others write them."""

from datetime import UTC, date, datetime, timedelta

import pytest

from etl.domain import EQUITY_DAILY, Observation, Unreadable
from etl.errors import KeyRefused, ProviderDown, ProviderRefused, RateLimited, ResponseUnreadable
from etl.providers.parsing import day, document, in_order, instant, number, refuse_status, retry_after, whole
from tests.providers.made_up import NOW, YAHOO, answer, planned

SPY = planned(YAHOO, EQUITY_DAILY, "SPY")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("218.2000", 218.2),
        (" 7 ", 7.0),
        ("-1.5e3", -1500.0),
        (".5", 0.5),
        (4, 4.0),
        (2.5, 2.5),
        ("0.4259%", None),
        ("NaN", None),
        ("Infinity", None),
        ("1_000", None),
        ("1,000", None),
        ("٣", None),
        ("-", None),
        ("None", None),
        ("", None),
        (None, None),
        (True, None),
        (float("nan"), None),
        (float("inf"), None),
        (10**400, None),
        ("1e999", None),
        ([], None),
        ({}, None),
    ],
)
def test_only_a_plain_decimal_is_a_number(text, value):
    """What Python's float() would also take is not."""
    assert number(text) == value


def test_a_whole_number_has_no_fraction():
    """Trades are counted."""
    assert (whole("42"), whole(42.0), whole(4.2), whole(None)) == (42, 42, None, None)


@pytest.mark.parametrize("text", ["2025-13-01", "2025-1-1", "20251031", "2025-10-31T00:00:00", "", None, 20251031])
def test_only_an_iso_day_is_a_day(text):
    """Anything else is refused with its row."""
    assert day(text) is None
    assert day("2025-10-31") == date(2025, 10, 31)


def test_an_instant_beyond_the_calendar_is_none():
    """Made-up times must not stop a run."""
    assert instant(1e20) is None
    assert instant(0) == datetime(1970, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("17", 17.0),
        ("Sat, 01 Nov 2025 03:44:00 GMT", 60.0),
        ("Sat, 01 Nov 2025 03:40:00 GMT", 0.0),
        ("-3", 0.0),
        ("soon", None),
        ("", None),
    ],
)
def test_a_wait_is_seconds_or_a_date(header, seconds):
    """RFC 9110 allows both."""
    assert retry_after(answer(SPY, b"", 429, {"retry-after": header})) == seconds


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (204, ResponseUnreadable),
        (301, ProviderDown),
        (400, ProviderRefused),
        (401, KeyRefused),
        (403, ProviderRefused),
        (408, ProviderDown),
        (418, RateLimited),
        (429, RateLimited),
        (451, ProviderRefused),
        (504, ProviderDown),
    ],
)
def test_a_status_says_what_to_do_next(status, error):
    """Where a provider gives it no meaning of its own."""
    with pytest.raises(error):
        refuse_status(answer(SPY, b"", status), "A source", keyed=True)


def test_a_provider_without_a_key_refuses_the_request_instead():
    """401 of a keyless source is about nothing that we could set."""
    with pytest.raises(ProviderRefused):
        refuse_status(answer(SPY, b"", 401), "A source", keyed=False)


@pytest.mark.parametrize("body", [b"", b"  \n", b"<html>", b'{"a": 1', b"\x00\xff{{{", b"[" * 100_000, b"9" * 5_000])
def test_a_body_that_is_no_json_is_unreadable(body):
    """However it is broken."""
    with pytest.raises(ResponseUnreadable):
        document(answer(SPY, body), "A source")


def test_rows_are_put_in_order():
    """Repetitions once, contradictions refused together."""
    days = [date(2025, 10, 31), date(2025, 10, 30), date(2025, 10, 30), date(2025, 10, 29), date(2025, 10, 29)]
    rows = [(at, Observation("X", at, value)) for at, value in zip(days, (1.0, 2.0, 2.0, 3.0, 4.0), strict=True)]
    found = list(in_order("X", rows))
    assert found == [
        Unreadable("X", "2025-10-29", "2 different rows for one time"),
        Observation("X", date(2025, 10, 30), 2.0),
        Observation("X", date(2025, 10, 31), 1.0),
    ]


def test_the_answers_own_time_is_the_earlier_of_two_clocks():
    """The server's Date and ours."""
    late = answer(SPY, b"", headers={"date": "Sat, 01 Nov 2025 03:50:00 GMT"})
    assert late.server_time == NOW
    early = answer(SPY, b"", headers={"date": "Sat, 01 Nov 2025 03:40:00 GMT"})
    assert early.server_time == NOW - timedelta(minutes=3)
