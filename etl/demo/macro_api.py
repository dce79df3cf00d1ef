"""FRED's wire formats for the demo: observations, a series' metadata, and the keyless fredgraph.csv."""

import json
from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

import numpy as np

from etl.demo import markets
from etl.demo.markets import FIRST_DAY, LAST_SLOT, REFERENCE, SLOTS, days, factor, sessions_begun, swing
from etl.demo.noise import Floats, Shape, seed_of, walk
from etl.market.sessions import Session

_ST_LOUIS = ZoneInfo("America/Chicago")
_SLOW = Shape(top=13)  # steps of one session
_BACK = Shape(top=7, spread=8.0)  # comes back within about 128 sessions

Sessions = tuple[Session, ...]
Values = Callable[[Sessions], Floats]
Delay = tuple[str | int, int, int]
Frequency = Literal["D", "W", "M"]


@dataclass(frozen=True, slots=True)
class MadeUpSeries:
    """
    One made-up series: FRED's words for it, decimals of its values, and when an observation is out.

    `delay` is (day, hour, minute) in St. Louis; day is "same", "next" (weekday), "monday" (of the next week) or a
    number of days after the observation's date (monthly: after the month's end). `values` gives one for each session.
    """

    title: str
    units: str
    frequency: Frequency
    decimals: int
    delay: Delay
    values: Values

    def published_at(self, day: date) -> datetime:
        """When the observation of `day` is out."""
        rule, hour, minute = self.delay
        if rule == "next":
            out = day + timedelta(days=max(1, 7 - day.weekday()) if day.weekday() >= 4 else 1)
        elif rule == "monday":
            out = day + timedelta(days=7 - day.weekday())
        else:
            start = _month_end(day) if self.frequency == "M" else day
            out = start + timedelta(days=rule if isinstance(rule, int) else 0)
        return datetime.combine(out, time(hour, minute), _ST_LOUIS)


def observations(series_id: str, now: datetime) -> list[tuple[date, str]]:
    """
    Dates and texts of what is out at `now`, oldest first, from FIRST_DAY on.

    Raises:
        KeyError: no such series in the demo.
    """
    made = DEMO_SERIES[series_id]
    begun = sessions_begun(now)
    dates = _dates(made.frequency, now.astimezone(_ST_LOUIS).date())
    shown = made.values(begun).tolist()
    opened = [session.trade_date for session in begun]
    found: list[tuple[date, str]] = []
    for day in dates[: bisect_right(dates, now, key=made.published_at)]:
        place = bisect_right(opened, _month_end(day) if made.frequency == "M" else day) - 1
        is_shut = made.frequency == "D" and (place < 0 or opened[place] != day)
        found.append((day, "." if is_shut else f"{shown[max(place, 0)]:.{made.decimals}f}"))
    return found


@lru_cache(maxsize=8)
def _dates(frequency: Frequency, last: date) -> list[date]:
    """Weekdays, Wednesdays or firsts of months from FIRST_DAY to `last`."""
    every = (FIRST_DAY + timedelta(days=i) for i in range((last - FIRST_DAY).days + 1))
    if frequency == "M":
        return [day for day in every if day.day == 1]
    return [day for day in every if (day.weekday() == 2 if frequency == "W" else day.weekday() < 5)]


def _month_end(day: date) -> date:
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def _closes(name: str, begun: Sessions) -> Floats:
    """A factor at each session's close, 0 at the reference."""
    at_reference = factor(name, REFERENCE, REFERENCE)[0]
    points: Floats = factor(name, 0, len(begun) * SLOTS - 1)[LAST_SLOT::SLOTS] - at_reference
    return points


def _own(name: str, begun: Sessions, shape: Shape = _SLOW) -> Floats:
    """A series' own walk, yearly standard deviation 1, 0 at the reference."""
    seed, middle = seed_of(f"demo {name}"), REFERENCE // SLOTS
    points: Floats = (walk(seed, 0, len(begun) - 1, shape)[0] - walk(seed, middle, middle, shape)[0]) / np.sqrt(252)
    return points


def _vix(begun: Sessions) -> Floats:
    """Up when the market falls below its quarter, and in wild spells."""
    swings, stress = swing(0, len(begun) * SLOTS - 1)
    depth = swings[LAST_SLOT::SLOTS] / np.sqrt(252 * SLOTS)
    pull = 0.8 * stress[LAST_SLOT::SLOTS] - 3.5 * depth + 0.5 * _own("VIXCLS", begun, _BACK) - 1.0
    level: Floats = 10.5 + 30 / (1 + np.exp(-pull))
    return level


def _ten_years(begun: Sessions) -> Floats:
    """The 10-year yield in percent: what 15 years of duration make of the bonds' factor, never below 0.5."""
    rate = 4.3 + 0.9 * _closes("rates", begun)
    level: Floats = 0.5 + np.logaddexp(0, 3 * (rate - 0.5)) / 3
    return np.round(level, 2)


def _slope(begun: Sessions) -> Floats:
    """10-year minus 2-year yield in percentage points."""
    return np.round(0.55 + 0.35 * _own("T10Y2Y", begun) - 0.1 * _closes("rates", begun), 2)


def _two_years(begun: Sessions) -> Floats:
    """The 2-year yield in percent, so that the slope is exactly the difference."""
    level: Floats = _ten_years(begun) - _slope(begun)
    return level


def _spread(begun: Sessions) -> Floats:
    """The high-yield spread in percent: wider when the market is down."""
    depth = swing(0, len(begun) * SLOTS - 1)[0][LAST_SLOT::SLOTS] / np.sqrt(252 * SLOTS)
    level: Floats = 1.9 + 1.2 * np.exp(0.5 * _own("BAMLH0A0HYM2", begun, _BACK) - 0.9 * depth)
    return level


def _index(symbol: str, times: float) -> Values:
    """An index that follows an ETF's closes."""
    return lambda begun: days(symbol, begun[-1].closed_at).close * times


def _growing(name: str, level: float, growth: float, size: float) -> Values:
    """A level that grows by a share a year with a walk of its own."""

    def values(begun: Sessions) -> Floats:
        years = (np.arange(len(begun)) - REFERENCE // SLOTS) / 252
        level_then: Floats = level * np.exp(growth * years + size * _own(name, begun))
        return level_then

    return values


def _moved(name: str, level: float, size: float, by: str, loading: float) -> Values:
    """A level that moves with a factor and a walk of its own."""

    def values(begun: Sessions) -> Floats:
        moved: Floats = level * np.exp(loading * _closes(by, begun) + size * _own(name, begun))
        return moved

    return values


def _day(title: str, units: str, decimals: int, delay: Delay, values: Values) -> MadeUpSeries:
    return MadeUpSeries(title, units, "D", decimals, delay, values)


def _week(title: str, values: Values) -> MadeUpSeries:
    """A line of the Fed's balance sheet, in millions, out on Thursday."""
    return MadeUpSeries(title, "Millions of U.S. Dollars", "W", 0, (1, 16, 0), values)


def _month(title: str, units: str, decimals: int, delay: Delay, values: Values) -> MadeUpSeries:
    return MadeUpSeries(title, units, "M", decimals, delay, values)


_NEXT_DAY, _WEEKLY, _EVENING = ("next", 16, 0), ("monday", 17, 0), ("same", 20, 0)
_YIELD = "Market Yield on U.S. Treasury Securities at {}-Year Constant Maturity"
_SLOPE = "10-Year Treasury Constant Maturity Minus 2-Year Treasury Constant Maturity"
_ASSETS = "Assets: Total Assets: Total Assets (Less Eliminations from Consolidation): Wednesday Level"
_TREASURY = (
    "Liabilities and Capital: Liabilities: Deposits with F.R. Banks, Other Than Reserve Balances: "
    "U.S. Treasury, General Account: Week Average"
)
_REPOS = "Overnight Reverse Repurchase Agreements: Treasury Securities Sold by the Federal Reserve"
_HIGH_YIELD = "ICE BofA US High Yield Index Option-Adjusted Spread"
_OIL = "Crude Oil Prices: West Texas Intermediate (WTI)"
_YUAN, _YEN = "Chinese Yuan Renminbi to {}U.S. Dollar{}", "Japanese Yen to {}U.S. Dollar{}"
_PRICES = "Consumer Price Index for All Urban Consumers: All Items in U.S. City Average"

DEMO_SERIES = {
    "SP500": _day("S&P 500", "Index", 2, _EVENING, _index("SPY", 10.03)),
    "NASDAQCOM": _day("NASDAQ Composite Index", "Index Feb 5, 1971=100", 2, _EVENING, _index("QQQ", 37.7)),
    "VIXCLS": _day("CBOE Volatility Index: VIX", "Index", 2, ("next", 8, 30), _vix),
    "DGS10": _day(_YIELD.format(10), "Percent", 2, _NEXT_DAY, _ten_years),
    "DGS2": _day(_YIELD.format(2), "Percent", 2, _NEXT_DAY, _two_years),
    "T10Y2Y": _day(_SLOPE, "Percent", 2, ("same", 16, 30), _slope),
    "DTWEXBGS": _day(
        "Nominal Broad U.S. Dollar Index",
        "Index Jan 2006=100",
        4,
        _WEEKLY,
        _moved("DTWEXBGS", 121, 0.02, "dollar", 0.05),
    ),
    "WALCL": _week(_ASSETS, _growing("WALCL", 6_640_000, 0.01, 0.025)),
    "WTREGEN": _week(_TREASURY, lambda begun: 780_000 * np.exp(0.45 * _own("WTREGEN", begun, _BACK))),
    "RRPONTSYD": _day(
        _REPOS,
        "Billions of US Dollars",
        3,
        ("same", 13, 30),
        lambda begun: 16 * np.exp(0.9 * _own("RRP", begun, _BACK)),
    ),
    "BAMLH0A0HYM2": _day(_HIGH_YIELD, "Percent", 2, _NEXT_DAY, _spread),
    "DCOILWTICO": _day(_OIL, "Dollars per Barrel", 2, (8, 12, 0), _moved("DCOILWTICO", 66, 0.12, "energy", 0.28)),
    "DEXCHUS": _day(
        _YUAN.format("", " Spot Exchange Rate"),
        _YUAN.format("One ", ""),
        4,
        _WEEKLY,
        _moved("DEXCHUS", 7.16, 0.015, "dollar", 0.025),
    ),
    "DEXUSEU": _day(
        "U.S. Dollars to Euro Spot Exchange Rate",
        "U.S. Dollars to One Euro",
        4,
        _WEEKLY,
        _moved("DEXUSEU", 1.17, 0.03, "dollar", -0.065),
    ),
    "DEXJPUS": _day(
        _YEN.format("", " Spot Exchange Rate"),
        _YEN.format("One ", ""),
        2,
        _WEEKLY,
        _moved("DEXJPUS", 146, 0.05, "dollar", 0.06),
    ),
    "M2SL": _month("M2", "Billions of Dollars", 1, (27, 13, 0), _growing("M2SL", 22_020, 0.045, 0.004)),
    "CPIAUCSL": _month(_PRICES, "Index 1982-1984=100", 3, (12, 7, 30), _growing("CPIAUCSL", 322.1, 0.027, 0.003)),
    "UNRATE": _month("Unemployment Rate", "Percent", 1, (5, 7, 30), _growing("UNRATE", 4.2, 0.0, 0.08)),
    "FEDFUNDS": _month(
        "Federal Funds Effective Rate",
        "Percent",
        2,
        (3, 15, 15),
        lambda begun: np.maximum(_two_years(begun) + 0.25, 0.05),
    ),
}


_Query = Mapping[str, str]
_Reply = tuple[int, dict[str, str], bytes]
_Rows = list[tuple[date, str]]

_JSON = {"Content-Type": "application/json"}
_OPEN_END = "9999-12-31"
_FREQUENCIES = {"D": "Daily", "W": "Weekly, Ending Wednesday", "M": "Monthly"}


def api(path: str, query: _Query, now: datetime) -> _Reply:
    """Observations and metadata of one series; errors with FRED's own words, slashes escaped as FRED does."""
    series_id = query.get("series_id", "")
    if path not in ("/fred/series", "/fred/series/observations"):
        return 404, _JSON, _escaped({"error_code": 404, "error_message": "Not Found."})
    if series_id not in DEMO_SERIES:
        text = "The series does not exist." if series_id else "Variable series_id has not been set."
        return 400, _JSON, _escaped({"error_code": 400, "error_message": f"Bad Request.  {text}"})
    rows = observations(series_id, now)
    payload = _series(series_id, rows) if path == "/fred/series" else _observations(series_id, rows, query)
    return 200, _JSON, _escaped(payload)


def _escaped(payload: object) -> bytes:
    return json.dumps(payload, separators=(",", ":")).encode().replace(b"/", b"\\/")


def _updated(series_id: str, rows: _Rows) -> datetime:
    """When the newest observation came out."""
    return DEMO_SERIES[series_id].published_at(rows[-1][0] if rows else markets.FIRST_DAY)


def _observations(series_id: str, rows: _Rows, query: _Query) -> dict[str, object]:
    """One page; where vintages are asked for, each value's is the day on which it came out."""
    start, end = query.get("observation_start", "1776-07-04"), query.get("observation_end", _OPEN_END)
    order = query.get("sort_order", "asc")
    offset, limit = int(query.get("offset", 0)), int(query.get("limit", 100_000))
    updated = _updated(series_id, rows).date().isoformat()
    by_vintage = "realtime_start" in query or query.get("output_type") == "4"
    published_at = DEMO_SERIES[series_id].published_at
    seen = [
        {
            "realtime_start": published_at(day).date().isoformat() if by_vintage else updated,
            "realtime_end": _OPEN_END if by_vintage else updated,
            "date": day.isoformat(),
            "value": text,
        }
        for day, text in rows
        if start <= day.isoformat() <= end
    ]
    return {
        "realtime_start": query.get("realtime_start", updated),
        "realtime_end": query.get("realtime_end", updated),
        "observation_start": start,
        "observation_end": end,
        "units": "lin",
        "output_type": int(query.get("output_type", 1)),
        "file_type": "json",
        "order_by": "observation_date",
        "sort_order": order,
        "count": len(seen),
        "offset": offset,
        "limit": limit,
        "observations": (seen[::-1] if order == "desc" else seen)[offset : offset + limit],
    }


def _series(series_id: str, rows: _Rows) -> dict[str, object]:
    made = DEMO_SERIES[series_id]
    updated = _updated(series_id, rows)
    day = updated.date().isoformat()
    described = {
        "id": series_id,
        "realtime_start": day,
        "realtime_end": day,
        "title": made.title,
        "observation_start": rows[0][0].isoformat() if rows else day,
        "observation_end": rows[-1][0].isoformat() if rows else day,
        "frequency": _FREQUENCIES[made.frequency],
        "frequency_short": made.frequency,
        "units": made.units,
        "units_short": made.units,
        "seasonal_adjustment": "Not Seasonally Adjusted",
        "seasonal_adjustment_short": "NSA",
        "last_updated": updated.strftime("%Y-%m-%d %H:%M:%S%z")[:-2],  # FRED writes the offset in hours only
        "popularity": 50,
        "notes": "",
    }
    return {"realtime_start": day, "realtime_end": day, "seriess": [described]}


def graph(path: str, query: _Query, now: datetime) -> _Reply:
    """The keyless CSV: two columns, an empty cell for a missing value."""
    series_id = query.get("id", "")
    if path != "/graph/fredgraph.csv" or series_id not in DEMO_SERIES:
        return 404, {"Content-Type": "text/html"}, b"<html><body>Error 404</body></html>"
    start, end = query.get("cosd", "0000-01-01"), query.get("coed", _OPEN_END)
    rows = observations(series_id, now)
    cells = [f"{day},{'' if text == '.' else text}\n" for day, text in rows if start <= day.isoformat() <= end]
    return (200, {"Content-Type": "application/csv"}, "".join([f"observation_date,{series_id}\n", *cells]).encode())
