"""When each kind of row could first be known, and the table of units."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.config.schema import Universe
from etl.market.releases import (
    MACRO_SERIES,
    bar_published_at,
    is_current,
    max_age_days,
    observation_published_at,
    usd_factor_of,
    why_impossible,
    why_units_differ,
)

DEFAULT_SERIES = list(Universe().series)


def utc(text):
    """An instant."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("series_id", "day", "published_at"),
    [
        ("RRPONTSYD", "2025-10-31", "2025-10-31T18:30"),
        ("T10Y2Y", "2025-10-31", "2025-10-31T21:30"),
        ("SP500", "2025-10-31", "2025-11-01T01:00"),
        ("NASDAQCOM", "2025-01-31", "2025-02-01T02:00"),
        ("VIXCLS", "2025-10-31", "2025-11-03T14:30"),
        ("DGS10", "2025-10-30", "2025-10-31T21:00"),
        ("DGS2", "2025-08-29", "2025-09-02T21:00"),  # over Labor Day
        ("BAMLH0A0HYM2", "2025-10-31", "2025-11-03T22:00"),
        ("DEXUSEU", "2025-10-20", "2025-10-27T22:00"),
        ("DEXJPUS", "2025-10-24", "2025-10-27T22:00"),
        ("DTWEXBGS", "2025-08-29", "2025-09-02T22:00"),  # Monday was Labor Day
        ("WALCL", "2025-10-29", "2025-10-30T21:00"),
        ("WTREGEN", "2025-11-26", "2025-11-28T22:00"),  # Thursday was Thanksgiving
        ("WDTGAL", "2025-10-29", "2025-10-30T21:00"),
        ("DCOILWTICO", "2025-10-20", "2025-10-28T21:00"),
        ("FEDFUNDS", "2025-09-01", "2025-11-10T22:00"),
        ("M2SL", "2024-12-01", "2025-02-10T22:00"),
    ],
)
def test_a_series_is_out_when_the_page_says(series_id, day, published_at):
    """In St. Louis time, summer and winter."""
    facts = MACRO_SERIES[series_id]
    assert observation_published_at(series_id, date.fromisoformat(day), facts.frequency) == utc(published_at)


@pytest.mark.parametrize(
    ("frequency", "published_at"),
    [
        ("D", "2025-07-02T21:00"),
        ("W", "2025-07-08T21:00"),
        ("M", "2025-09-10T21:00"),
        ("Q", "2025-11-10T22:00"),
        ("A", "2026-08-10T21:00"),
        ("", "2025-07-02T21:00"),
    ],
)
def test_an_unknown_series_goes_by_its_frequency(frequency, published_at):
    """The next business day, or after its period where that is longer."""
    assert observation_published_at("UNKNOWN", date(2025, 7, 1), frequency) == utc(published_at)


@given(st.sampled_from(sorted(MACRO_SERIES)), st.dates(date(2000, 1, 1), date(2050, 12, 31)))
def test_nothing_is_out_before_its_day_is_over_there(series_id, day):
    """And the wait is never longer than a release of that kind takes."""
    published = observation_published_at(series_id, day, MACRO_SERIES[series_id].frequency)
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    longest = {"D": 12, "W": 12, "M": 75}[MACRO_SERIES[series_id].frequency]
    assert published.tzinfo is UTC
    assert midnight + timedelta(hours=18) <= published <= midnight + timedelta(days=longest)


@given(st.sampled_from(sorted(MACRO_SERIES)), st.dates(date(2000, 1, 1), date(2050, 12, 30)))
def test_a_later_day_is_never_out_earlier(series_id, day):
    """Releases keep their order."""
    frequency = MACRO_SERIES[series_id].frequency
    following = observation_published_at(series_id, day + timedelta(days=1), frequency)
    assert observation_published_at(series_id, day, frequency) <= following


def test_a_bar_is_out_an_hour_after_its_close():
    """Of any interval."""
    opened, closed = utc("2025-10-31T13:30"), utc("2025-10-31T20:00")
    assert bar_published_at("1d", opened, closed) == utc("2025-10-31T21:00")
    assert bar_published_at("1m", opened, opened + timedelta(minutes=1)) == utc("2025-10-31T14:31")


def test_every_default_series_has_its_facts():
    """Units, terms and frequency stand in one table."""
    assert not [series_id for series_id in DEFAULT_SERIES if series_id not in MACRO_SERIES]
    assert all(facts.title and facts.unit and facts.terms for facts in MACRO_SERIES.values())
    assert {facts.frequency for facts in MACRO_SERIES.values()} == {"D", "W", "M"}


def test_series_of_others_are_not_published():
    """S&P, Nasdaq, Cboe and ICE."""
    owned = {"SP500", "NASDAQCOM", "VIXCLS", "BAMLH0A0HYM2"}
    assert {series_id for series_id, facts in MACRO_SERIES.items() if not facts.publishable} == owned


def test_series_whose_past_changes_are_marked():
    """A replay over history needs their vintages."""
    revised = {"M2SL", "CPIAUCSL", "UNRATE", "DTWEXBGS"}
    assert {series_id for series_id, facts in MACRO_SERIES.items() if facts.is_revised} == revised


def test_net_liquidity_is_in_one_unit():
    """The Federal Reserve's balance sheet is in millions, the repurchases are in billions."""
    factors = {series_id: facts.usd_factor for series_id, facts in MACRO_SERIES.items() if facts.usd_factor}
    millions = dict.fromkeys(("WALCL", "WTREGEN", "WDTGAL"), 1e6)
    assert factors == millions | {"RRPONTSYD": 1e9, "M2SL": 1e9}


@pytest.mark.parametrize(
    ("units", "factor"),
    [
        ("Millions of U.S. Dollars", 1e6),
        ("Billions of US Dollars", 1e9),
        ("Billions of Dollars", 1e9),
        ("Thousands of Dollars", 1e3),
        ("Dollars", 1.0),
        ("U.S. Dollars", 1.0),
        ("Dollars per Barrel", None),
        ("U.S. Dollars to One Euro", None),
        ("Percent", None),
        ("Index 1982-1984=100", None),
    ],
)
def test_freds_words_for_a_unit_are_read(units, factor):
    """An amount of dollars, or none."""
    assert usd_factor_of(units) == factor


def test_a_unit_that_changed_is_said():
    """Weekly balance sheet series did change from billions to millions once."""
    assert why_units_differ("WTREGEN", "Millions of U.S. Dollars") is None
    assert why_units_differ("UNKNOWN", "Billions of Dollars") is None
    words = why_units_differ("WTREGEN", "Billions of U.S. Dollars")
    assert words is not None
    assert "WTREGEN" in words


def test_what_can_be_below_zero_is_not_refused_for_it() -> None:
    """A yield, a spread and a barrel of oil (April 2020) can, and repurchases can be none; an index cannot."""
    below = {name for name in MACRO_SERIES if why_impossible(name, -0.5) is None}
    assert below == {"DGS10", "DGS2", "T10Y2Y", "RRPONTSYD", "BAMLH0A0HYM2", "DCOILWTICO", "FEDFUNDS", "DFF"}
    assert why_impossible("DEXUSEU", 0.0) == "DEXUSEU is 0"
    assert why_impossible("DEXUSEU", 1.1) is None


@pytest.mark.parametrize(
    ("series_id", "frequency", "days"),
    [
        ("VIXCLS", None, 5),
        ("DGS10", "M", 5),  # what the project knows of a series goes before what FRED says
        ("DEXCHUS", None, 12),  # daily rates that come out once a week
        ("DTWEXBGS", None, 12),
        ("DCOILWTICO", None, 12),
        ("WALCL", None, 12),
        ("CPIAUCSL", None, 75),
        ("GDP", "Q", 200),
        ("DGS30", "d", 5),
        ("SOMETHING", None, 75),
    ],
)
def test_a_series_newest_value_has_a_maximum_age_by_its_cadence(series_id, frequency, days):
    """Daily 5 calendar days, weekly 12, monthly 75, quarterly 200; by how often values come out."""
    assert max_age_days(series_id, frequency) == days


def test_a_monthly_value_is_current_for_seventy_five_days():
    """At 75 days it still is, at 76 it is not; a value of a later day never is."""
    of, longest = date(2025, 8, 1), max_age_days("UNRATE")
    assert is_current(of + timedelta(days=75), of, longest)
    assert not is_current(of + timedelta(days=76), of, longest)
    assert not is_current(of - timedelta(days=1), of, longest)
