"""FRED and its keyless download: the same observations by two ways."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from etl.domain import EQUITY_DAILY, MACRO, SERIES_METADATA, DataRequest, Observation, Request, Series, Unreadable
from etl.errors import KeyRefused, ProviderDown, ProviderRefused, RateLimited, ResponseUnreadable
from tests.providers.made_up import FRED, FRED_GRAPH, NOW, answer, description, observations, planned

DGS10 = planned(FRED, MACRO, "DGS10")
DESCRIPTION = planned(FRED, SERIES_METADATA, "DGS10")
GRAPH = planned(FRED_GRAPH, MACRO, "DGS10")


def error(status, text):
    """An answer of FRED's that says no."""
    return answer(DGS10, {"error_code": status, "error_message": text}, status)


def test_observations_are_asked_for_from_a_day_on():
    """`realtime_end` is never sent: St. Louis' date may be behind ours."""
    assert DGS10.path == "/series/observations"
    assert dict(DGS10.params) == {"series_id": "DGS10", "file_type": "json", "observation_start": "2025-10-28"}


def test_the_request_names_the_series():
    """The body does not."""
    body = observations(("2025-10-29", "4.08"), ("2025-10-30", "."))
    found = answer(DGS10, body)
    FRED.inspect(found)
    assert list(FRED.parse(found)) == [
        Observation("DGS10", date(2025, 10, 29), 4.08),
        Observation("DGS10", date(2025, 10, 30), None),
    ]


def test_no_new_observation_is_a_good_answer():
    """A weekly series has none on most days."""
    found = answer(DGS10, observations())
    FRED.inspect(found)
    assert list(FRED.parse(found)) == []


def test_the_day_of_the_last_update_is_no_vintage():
    """`realtime_start` is one only where one was asked for."""
    body = observations(("2025-10-29", "4.08"))
    (row,) = FRED.parse(answer(DGS10, body))
    assert row.vintage_date is None
    request = Request("fred", MACRO, "DGS10", DGS10.path, (*DGS10.params, ("realtime_start", "1776-07-04")))
    (row,) = FRED.parse(answer(request, body))
    assert row.vintage_date == date(2025, 10, 31)


@pytest.mark.parametrize("value", ["NaN", None, "", 4.1])
def test_a_value_that_is_neither_number_nor_point_is_refused(value):
    """A missing value is FRED's own point, and nothing else."""
    rows = list(FRED.parse(answer(DGS10, observations(("2025-10-29", value)))))
    assert [type(row) for row in rows] == [Unreadable]


def test_the_same_row_twice_comes_once():
    """And rows that contradict each other are refused together."""
    same = observations(("2025-10-29", "4.08"), ("2025-10-29", "4.08"))
    assert len(list(FRED.parse(answer(DGS10, same)))) == 1
    other = observations(("2025-10-29", "4.08"), ("2025-10-29", "4.09"))
    (row,) = FRED.parse(answer(DGS10, other))
    assert isinstance(row, Unreadable)
    assert row.at == "2025-10-29"


def test_a_page_that_lacks_rows_is_not_read():
    """The count says how many there are."""
    with pytest.raises(ResponseUnreadable, match="1 of 5"):
        FRED.inspect(answer(DGS10, observations(("2025-10-29", "4.08")) | {"count": 5}))


def test_a_rate_limit_without_a_time_to_wait_says_so():
    """FRED sends no Retry-After; the limits say how long to wait."""
    with pytest.raises(RateLimited) as caught:
        FRED.inspect(error(429, "Too Many Requests.  Exceeded Rate Limit"))
    assert caught.value.retry_after_s is None
    assert FRED.limits.rate_limited_wait_s >= 20


@pytest.mark.parametrize(
    ("status", "text", "kind"),
    [
        (400, "Bad Request.  The value for variable api_key is not registered.", KeyRefused),
        (400, "Bad Request.  Variable api_key is not set.", KeyRefused),
        (400, "Bad Request.  The series does not exist.", ProviderRefused),
        (404, "Not Found.  The series does not exist.", ProviderRefused),
        (400, "Bad Request.  Variable series_id has not been set.", ProviderRefused),
        (423, "Locked", ProviderDown),
        (500, "Internal Server Error", ProviderDown),
    ],
)
def test_freds_errors_are_told_apart(status, text, kind):
    """By status and text."""
    with pytest.raises(kind):
        FRED.inspect(error(status, text))


def test_a_gateway_timeout_without_a_body_is_an_outage():
    """Slow 504s come from the gateway, not from FRED."""
    with pytest.raises(ProviderDown):
        FRED.inspect(answer(DGS10, b"", 504))


def test_a_series_is_described_with_its_units():
    """`last_updated` has an hour-only offset."""
    found = answer(DESCRIPTION, description())
    FRED.inspect(found)
    updated = datetime(2025, 10, 31, 20, 19, 1, tzinfo=UTC)
    assert list(FRED.parse(found)) == [Series("DGS10", "A yield", "Percent", "D", "NSA", updated)]


def test_the_description_of_another_series_is_not_loaded():
    """Units of another series would scale the wrong money."""
    with pytest.raises(ResponseUnreadable, match="another series"):
        FRED.inspect(answer(DESCRIPTION, description("DGS2")))


def test_neither_of_the_two_gives_equities():
    """An empty plan says that this provider cannot."""
    want = DataRequest(EQUITY_DAILY, "SPY")
    assert FRED.plan(want, NOW) == []
    assert FRED_GRAPH.plan(want, NOW) == []


def test_the_download_is_asked_for_from_a_day_on():
    """Without a key."""
    assert GRAPH.path == "/fredgraph.csv"
    assert dict(GRAPH.params) == {"id": "DGS10", "cosd": "2025-10-28"}
    assert FRED_GRAPH.credential is None


@pytest.mark.parametrize("header", ["observation_date", "DATE"])
def test_both_names_of_the_day_column_are_read(header):
    """It was renamed in December 2024; an empty cell or a point is a missing value."""
    found = answer(GRAPH, f"{header},DGS10\r\n2025-10-28,4.0\r\n2025-10-29,\r\n2025-10-30,.\r\n".encode())
    FRED_GRAPH.inspect(found)
    assert [row.value for row in FRED_GRAPH.parse(found)] == [4.0, None, None]


@pytest.mark.parametrize(
    "body",
    [
        b"observation_date,DGS2\n2025-10-28,4.0\n",
        b"day,DGS10\n2025-10-28,4.0\n",
        b"observation_date,DGS10,DGS2\n",
        b"<html></html>",
        b"",
        b"\xff\xfe",
        b"{}",
    ],
)
def test_a_csv_of_another_shape_or_series_is_not_read(body):
    """The second column's name is the only thing that says whose rows they are."""
    with pytest.raises(ResponseUnreadable):
        FRED_GRAPH.inspect(answer(GRAPH, body))


def test_an_unknown_series_is_a_page_that_is_not_there():
    """404 with HTML."""
    with pytest.raises(ProviderRefused, match="no series DGS10"):
        FRED_GRAPH.inspect(answer(GRAPH, b"<html></html>", 404))


def test_a_line_that_is_not_a_day_and_a_value_is_refused_alone():
    """The other lines stay."""
    found = answer(GRAPH, b"DATE,DGS10\n2025-10-28,4.0\n2025-10-29\n2025-10-30,NaN\n2025-10-31,4.1,5\n")
    rows = list(FRED_GRAPH.parse(found))
    assert [type(row) for row in rows] == [Unreadable, Unreadable, Unreadable, Observation]


def test_the_unit_of_an_amount_is_asked_for_before_its_observations():
    """The body of observations does not name it; of a yield nobody asks."""
    weekly = planned(FRED, MACRO, "WTREGEN")
    assert weekly.proof == planned(FRED, SERIES_METADATA, "WTREGEN")
    assert DGS10.proof is None
    assert FRED.proof(answer(DESCRIPTION, description())) == {"units": "Percent"}


def test_observations_in_another_unit_are_refused_and_nobody_stands_in():
    """Billions in place of millions would be a sum of dollars a thousand times too small."""
    weekly, body = planned(FRED, MACRO, "WTREGEN"), observations(("2025-10-29", "957.990"))
    FRED.inspect(replace(answer(weekly, body), headers={"units": "Millions of U.S. Dollars"}))
    with pytest.raises(ProviderRefused) as caught:
        FRED.inspect(replace(answer(weekly, body), headers={"units": "Billions of U.S. Dollars"}))
    said = "FRED gives WTREGEN in 'Billions of U.S. Dollars', and its amounts in dollars rest on million USD"
    assert str(caught.value) == said
    assert not caught.value.has_stand_in
