"""
When a row could first be known, and what a macro series is: facts about releases, written down once.

The instants are those of the product page's "As of": a bar 60 minutes after its close, a FRED series by its release,
in St. Louis time. Business days are weekdays without the Federal Reserve's holidays. Where the page leaves room, the
later reading is taken, because a replay must never see a value before it was out:

- a Monday or Thursday release that falls on a holiday comes on the next business day;
- WTI's "8 days" and "10 days after the month's end of release" are at 16:00;
- a monthly value is dated on the first of its month and released in the month after, and the 10 days are counted from
  the end of that month of release (October's CPI, out in mid-November, stands from 10 December). Quarters and years
  likewise, from the end of their last month;
- an unknown weekly series stands a week after its date; any other unknown series on the next business day at 16:00.

A value that is carried forward to another day has a maximum age, by how often new values come out.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from etl.domain import Interval

_ST_LOUIS = ZoneInfo("America/Chicago")
AFTER_CLOSE = timedelta(minutes=60)
_DAY = timedelta(days=1)
MONDAY, THURSDAY = 0, 3
AFTERNOON = time(16, 0)

SAME_DAY = {"RRPONTSYD": time(13, 30), "T10Y2Y": time(16, 30), "SP500": time(20, 0), "NASDAQCOM": time(20, 0)}
NEXT_MORNING = {"VIXCLS": time(8, 30)}
NEXT_AFTERNOON = re.compile(r"DGS\d|BAML|DFF$")
H10 = re.compile(r"DEX[A-Z]{4}$|DTWEX")  # the rates of a week, on the Monday after it
H41 = ("WALCL", "WTREGEN", "WDTGAL")  # the balance sheet of a Wednesday, on Thursday
WTI = "DCOILWTICO"
# amounts, indices and rates of exchange are above zero always; a yield, a spread and a barrel of oil (2020) need not be
ABOVE_ZERO = re.compile(r"(SP500|NASDAQCOM|VIXCLS|WALCL|WTREGEN|WDTGAL|M2SL|CPIAUCSL|UNRATE|DEX[A-Z]{4}|DTWEX\w*)$")
_MONTHS = {"M": 1, "Q": 3, "SA": 6, "A": 12}
MAX_AGE_DAYS = {"D": 5, "W": 12, "M": 75, "Q": 200}  # calendar days; sql/macros/ages.sql says the same, a test holds it
_CADENCES = {"D": "D", "W": "W", "BW": "M", "M": "M", "Q": "Q", "SA": "Q", "A": "Q"}


@dataclass(frozen=True, slots=True)
class SeriesFacts:
    """
    A macro series: a value times `usd_factor` is US dollars (None where it is not money).

    `frequency` is D, W or M; `is_revised` means that old values change, so that a replay needs their vintages.
    """

    title: str
    unit: str
    usd_factor: float | None
    frequency: str
    is_revised: bool
    publishable: bool
    terms: str


_PUBLIC = "Public domain: citation requested (source: {}; via FRED)."
_FED = _PUBLIC.format("Board of Governors of the Federal Reserve System")
_ST_LOUIS_FED = _PUBLIC.format("Federal Reserve Bank of St. Louis")
_NY_FED = _PUBLIC.format("Federal Reserve Bank of New York")
_BLS = _PUBLIC.format("U.S. Bureau of Labor Statistics")
_EIA = _PUBLIC.format("U.S. Energy Information Administration")
_SP = "Copyright S&P Dow Jones Indices LLC; reproduction in any form is prohibited without its permission."
_NASDAQ = "Copyright Nasdaq, Inc."
_CBOE = "Copyright Chicago Board Options Exchange, Inc. Reprinted with permission."
_ICE = "ICE Data Indices, LLC; use beyond one's own needs its approval."


def _facts(
    title: str, unit: str, frequency: str, terms: str, *, usd_factor: float | None = None, is_revised: bool = False
) -> SeriesFacts:
    publishable = terms not in (_SP, _NASDAQ, _CBOE, _ICE)
    return SeriesFacts(title, unit, usd_factor, frequency, is_revised, publishable, terms)


_MILLIONS, _BILLIONS = 1e6, 1e9

MACRO_SERIES: dict[str, SeriesFacts] = {
    "SP500": _facts("S&P 500", "index", "D", _SP),
    "NASDAQCOM": _facts("NASDAQ Composite", "index 1971-02-05 = 100", "D", _NASDAQ),
    "VIXCLS": _facts("CBOE volatility index (VIX)", "index", "D", _CBOE),
    "DGS10": _facts("10-year Treasury yield", "percent", "D", _FED),
    "DGS2": _facts("2-year Treasury yield", "percent", "D", _FED),
    "T10Y2Y": _facts("10-year minus 2-year Treasury yield", "percentage points", "D", _ST_LOUIS_FED),
    "DTWEXBGS": _facts("Broad US dollar index, nominal", "index Jan 2006 = 100", "D", _FED, is_revised=True),
    "WALCL": _facts("Federal Reserve total assets, Wednesday", "million USD", "W", _FED, usd_factor=_MILLIONS),
    "WTREGEN": _facts("Treasury's general account, week average", "million USD", "W", _FED, usd_factor=_MILLIONS),
    "WDTGAL": _facts("Treasury's general account, Wednesday", "million USD", "W", _FED, usd_factor=_MILLIONS),
    "RRPONTSYD": _facts("Overnight reverse repurchases", "billion USD", "D", _NY_FED, usd_factor=_BILLIONS),
    "M2SL": _facts("M2 money stock", "billion USD", "M", _FED, usd_factor=_BILLIONS, is_revised=True),
    "BAMLH0A0HYM2": _facts("US high yield option-adjusted spread", "percent", "D", _ICE),
    "DCOILWTICO": _facts("Crude oil, WTI", "USD per barrel", "D", _EIA),
    "DEXCHUS": _facts("Yuan per US dollar", "CNY per USD", "D", _FED),
    "DEXUSEU": _facts("US dollars per euro", "USD per EUR", "D", _FED),
    "DEXJPUS": _facts("Yen per US dollar", "JPY per USD", "D", _FED),
    "DEXINUS": _facts("Rupees per US dollar", "INR per USD", "D", _FED),
    "CPIAUCSL": _facts("Consumer prices, all items", "index 1982-1984 = 100", "M", _BLS, is_revised=True),
    "UNRATE": _facts("Unemployment rate", "percent", "M", _BLS, is_revised=True),
    "FEDFUNDS": _facts("Federal funds effective rate", "percent", "M", _FED),
    "DFF": _facts("Federal funds effective rate, daily", "percent", "D", _FED),
}

_AMOUNT = re.compile(r"(?:(thousands|millions|billions|trillions) of )?(?:u\.?s\.? )?dollars", re.IGNORECASE)
_SCALES = {None: 1.0, "thousands": 1e3, "millions": 1e6, "billions": 1e9, "trillions": 1e12}


def max_age_days(series_id: str, frequency: str | None = None) -> int:
    """
    For how many calendar days a series' newest value may be told as the present one; `frequency` serves unknown series.

    What counts is how often values come out: a week's exchange rates and oil prices come out together, once a week.
    """
    known = MACRO_SERIES.get(series_id)
    if H10.match(series_id) or series_id == WTI:
        return MAX_AGE_DAYS["W"]
    return MAX_AGE_DAYS[_CADENCES.get(known.frequency if known else str(frequency).upper(), "M")]


def is_current(day: date, at: date, max_age: int) -> bool:
    """Whether a value of `at` may be told as that of `day`: it is not of a later day and not too old."""
    return 0 <= (day - at).days <= max_age


def usd_factor_of(units: str) -> float | None:
    """What FRED's own words for a unit make of a value in dollars; None where it is not an amount of dollars."""
    match = _AMOUNT.fullmatch(units.strip())
    return _SCALES[match[1].lower() if match[1] else None] if match else None


def why_units_differ(series_id: str, units: str) -> str | None:
    """A sentence where FRED's metadata contradicts the factor of SERIES; None where they agree or one is unknown."""
    facts = MACRO_SERIES.get(series_id)
    if facts is None or facts.usd_factor == usd_factor_of(units):
        return None
    return f"FRED gives {series_id} in {units!r}, and its amounts in dollars rest on {facts.unit}"


def is_amount(series_id: str) -> bool:
    """Whether sums in dollars rest on a series, and so on its unit."""
    return series_id in MACRO_SERIES and MACRO_SERIES[series_id].usd_factor is not None


def why_impossible(series_id: str, value: float) -> str | None:
    """A sentence where a series can never have a value, None where it can."""
    return f"{series_id} is {value:g}" if value <= 0 and ABOVE_ZERO.match(series_id) else None


def bar_published_at(interval: Interval, opened_at: datetime, closed_at: datetime) -> datetime:
    """From when a bar of any interval could be known: 60 minutes after its close."""
    return closed_at.astimezone(UTC) + AFTER_CLOSE


def observation_published_at(series_id: str, day: date, frequency: str) -> datetime:
    """From when the first value of a date could be known, in UTC; `frequency` (D, W, M, Q) serves unknown series."""
    released_on, at = _release(series_id, day, frequency.upper())
    return datetime.combine(released_on, at, _ST_LOUIS).astimezone(UTC)


def _release(series_id: str, day: date, frequency: str) -> tuple[date, time]:
    """The date and wall time in St. Louis."""
    if series_id in SAME_DAY:
        return day, SAME_DAY[series_id]
    if series_id in NEXT_MORNING:
        return _business_day(day + _DAY), NEXT_MORNING[series_id]
    if NEXT_AFTERNOON.match(series_id):
        return _business_day(day + _DAY), AFTERNOON
    if H10.match(series_id):
        return _business_day(_next_weekday(day, MONDAY)), time(17, 0)
    if series_id in H41:
        return _business_day(_next_weekday(day, THURSDAY)), AFTERNOON
    if series_id == WTI:
        return day + 8 * _DAY, AFTERNOON
    if frequency in _MONTHS:
        return _month_end(day, _MONTHS[frequency]) + 10 * _DAY, AFTERNOON
    if frequency in ("W", "BW"):
        return day + 7 * _DAY, AFTERNOON
    return _business_day(day + _DAY), AFTERNOON


def _month_end(day: date, months_after: int) -> date:
    """The last day of the month that lies so many months after a date's own."""
    following = day.year * 12 + day.month - 1 + months_after + 1
    return date(following // 12, following % 12 + 1, 1) - _DAY


def _next_weekday(day: date, weekday: int) -> date:
    """The first such weekday after a date."""
    return day + ((weekday - day.weekday() - 1) % 7 + 1) * _DAY


def _business_day(day: date) -> date:
    """The date itself, or the first business day after it."""
    while day.weekday() > 4 or day in _holidays(day.year):
        day += _DAY
    return day


@cache
def _holidays(year: int) -> frozenset[date]:
    """The Federal Reserve's: one on a Sunday is kept on Monday, one on a Saturday is not kept on another day."""
    days = [date(year, 1, 1), date(year, 7, 4), date(year, 11, 11), date(year, 12, 25)]
    if year >= 2021:
        days.append(date(year, 6, 19))
    kept = {day + _DAY if day.weekday() == 6 else day for day in days}
    last_of_may = date(year, 5, 31)
    kept |= {_nth(year, 1, MONDAY, 3), _nth(year, 2, MONDAY, 3), _nth(year, 9, MONDAY, 1), _nth(year, 10, MONDAY, 2)}
    kept |= {last_of_may - last_of_may.weekday() * _DAY, _nth(year, 11, THURSDAY, 4)}
    return frozenset(kept)


def _nth(year: int, month: int, weekday: int, n: int) -> date:
    """The n-th such weekday of a month."""
    return _next_weekday(date(year, month, 1) - _DAY, weekday) + 7 * (n - 1) * _DAY
