"""FRED's wire formats for the demo: observations, a series' metadata, and the keyless fredgraph.csv."""

import json
from collections.abc import Mapping
from datetime import date, datetime

from etl.stores import demo_macro, demo_markets

Query = Mapping[str, str]
Reply = tuple[int, dict[str, str], bytes]
Rows = list[tuple[date, str]]

_JSON = {"Content-Type": "application/json"}
_OPEN_END = "9999-12-31"
_FREQUENCIES = {"D": "Daily", "W": "Weekly, Ending Wednesday", "M": "Monthly"}


def api(path: str, query: Query, now: datetime) -> Reply:
    """Observations and metadata of one series; errors with FRED's own words, slashes escaped as FRED does."""
    series_id = query.get("series_id", "")
    if path not in ("/fred/series", "/fred/series/observations"):
        return 404, _JSON, _escaped({"error_code": 404, "error_message": "Not Found."})
    if series_id not in demo_macro.SERIES:
        text = "The series does not exist." if series_id else "Variable series_id has not been set."
        return 400, _JSON, _escaped({"error_code": 400, "error_message": f"Bad Request.  {text}"})
    rows = demo_macro.observations(series_id, now)
    payload = _series(series_id, rows) if path == "/fred/series" else _observations(series_id, rows, query)
    return 200, _JSON, _escaped(payload)


def _escaped(payload: object) -> bytes:
    return json.dumps(payload, separators=(",", ":")).encode().replace(b"/", b"\\/")


def _updated(series_id: str, rows: Rows) -> datetime:
    """When the newest observation came out."""
    return demo_macro.SERIES[series_id].published_at(rows[-1][0] if rows else demo_markets.FIRST_DAY)


def _observations(series_id: str, rows: Rows, query: Query) -> dict[str, object]:
    """One page; where vintages are asked for, each value's is the day on which it came out."""
    start, end = query.get("observation_start", "1776-07-04"), query.get("observation_end", _OPEN_END)
    order = query.get("sort_order", "asc")
    offset, limit = int(query.get("offset", 0)), int(query.get("limit", 100_000))
    updated = _updated(series_id, rows).date().isoformat()
    by_vintage = "realtime_start" in query or query.get("output_type") == "4"
    published_at = demo_macro.SERIES[series_id].published_at
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


def _series(series_id: str, rows: Rows) -> dict[str, object]:
    made = demo_macro.SERIES[series_id]
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


def graph(path: str, query: Query, now: datetime) -> Reply:
    """The keyless CSV: two columns, an empty cell for a missing value."""
    series_id = query.get("id", "")
    if path != "/graph/fredgraph.csv" or series_id not in demo_macro.SERIES:
        return 404, {"Content-Type": "text/html"}, b"<html><body>Error 404</body></html>"
    start, end = query.get("cosd", "0000-01-01"), query.get("coed", _OPEN_END)
    rows = demo_macro.observations(series_id, now)
    cells = [f"{day},{'' if text == '.' else text}\n" for day, text in rows if start <= day.isoformat() <= end]
    return (200, {"Content-Type": "application/csv"}, "".join([f"observation_date,{series_id}\n", *cells]).encode())
