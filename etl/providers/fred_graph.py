"""
fredgraph.csv: the same observations as FRED's API, without a key; the stand-in when there is none.

Shape: `GET /fredgraph.csv?id=DGS10&cosd=2010-01-01` -> two columns, the day and the series, oldest first.

Quirks: the first column was `DATE` and is `observation_date` since December 2024; the second is named after the
series, which is how a wrong answer shows. A missing value is an empty cell, and was `.`. An unknown series is a 404
HTML page. Slow 504s are frequent. No limit is documented: it is paced as the API is.

https://fred.stlouisfed.org/graph/
"""

import csv
from collections.abc import Iterator
from datetime import date, datetime
from io import StringIO

from etl.domain import (
    MACRO,
    DataRequest,
    Limits,
    Observation,
    Provider,
    ProviderRow,
    Request,
    Response,
    Terms,
    Unreadable,
)
from etl.errors import ProviderRefused, ResponseUnreadable
from etl.providers.parsing import day, in_order, number, refuse_status

DAY_COLUMNS = ("observation_date", "DATE")
MISSING = ("", ".")


class FredGraph(Provider):
    """FRED's keyless download."""

    name = "fred_graph"
    title = "FRED (fredgraph.csv)"
    base_url = "https://fred.stlouisfed.org/graph"
    limits = Limits(spacing_s=0.55, rate_limited_wait_s=20.0)
    terms = Terms(
        "FRED, Federal Reserve Bank of St. Louis; some series belong to others and carry their own terms.",
        "https://fred.stlouisfed.org/legal/",
        publishable=True,
    )
    datasets = (MACRO,)

    def plan(self, want: DataRequest, now: datetime) -> list[Request]:
        """One request: all of a series from `since` on."""
        if want.dataset != MACRO:
            return []
        params: tuple[tuple[str, str], ...] = (("id", want.symbol),)
        if want.since is not None:
            params += (("cosd", want.since.date().isoformat()),)
        return [Request(self.name, want.dataset, want.symbol, "/fredgraph.csv", params)]

    def inspect(self, answer: Response) -> None:
        """
        Return where the body is the CSV of the series that was asked for.

        Raises:
            ProviderRefused: no such series (404), or another 4xx.
            RateLimited, ProviderDown: by status.
            ResponseUnreadable: not that CSV.
        """
        if answer.status == 404:
            raise ProviderRefused(f"fredgraph.csv has no series {answer.request.symbol}")
        refuse_status(answer, self.title, keyed=False)
        _lines(answer)

    def parse(self, answer: Response) -> Iterator[ProviderRow]:
        """Observations; `value=None` for an empty cell."""
        series_id = answer.request.symbol
        rows: list[tuple[date, ProviderRow]] = []
        for cells in _lines(answer):
            at = day(cells[0])
            value = number(cells[1]) if len(cells) == 2 else None
            if at is None or len(cells) != 2 or (value is None and cells[1].strip() not in MISSING):
                yield Unreadable(series_id, cells[0], "not a line with a day and a value")
                continue
            rows.append((at, Observation(series_id, at, value)))
        yield from in_order(series_id, rows)


def _lines(answer: Response) -> list[list[str]]:
    """The lines below the header, blank ones left out; each has at least one cell."""
    try:
        lines = [cells for cells in csv.reader(StringIO(answer.body.decode("utf-8-sig"))) if cells]
    except (UnicodeDecodeError, csv.Error):
        raise ResponseUnreadable(f"fredgraph.csv's answer for {answer.request.symbol} is not CSV") from None
    head = lines[0] if lines else []
    if len(head) != 2 or head[0] not in DAY_COLUMNS:
        raise ResponseUnreadable(f"fredgraph.csv's answer for {answer.request.symbol} is not a day and a series")
    if head[1] != answer.request.symbol:
        raise ResponseUnreadable(f"fredgraph.csv answered for another series than {answer.request.symbol}")
    return lines[1:]
