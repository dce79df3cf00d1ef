"""
FRED: observations and descriptions of economic series, from the Federal Reserve Bank of St. Louis.

Shape: `GET /series/observations` -> `{"count": 23, ..., "observations": [{"realtime_start", "realtime_end", "date",
"value": "4.25"}]}`, oldest first; `GET /series` -> `{"seriess": [{"id", "title", "units", ...}]}` (sic).

Quirks: the body of observations does not name the series, so the request does. Values are strings, `.` is missing.
`realtime_start` is today or the day of the last update, by FRED's mood: it is no vintage unless one was asked for.
`realtime_end` after St. Louis' own date is an error, so it is never sent. 429 comes without `Retry-After`; since 2026
the limit is two a second. Under load a good key is called "not registered" now and then. An unknown series was 404
and is 400 now. `last_updated` has an hour-only offset.

https://fred.stlouisfed.org/docs/api/fred/series_observations.html
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime

from etl.domain import (
    MACRO,
    SERIES_METADATA,
    Credential,
    DataRequest,
    Limits,
    Observation,
    Provider,
    ProviderRow,
    Request,
    Response,
    Series,
    Terms,
    Unreadable,
)
from etl.errors import KeyRefused, ProviderRefused, ResponseUnreadable
from etl.market.releases import is_amount, why_units_differ
from etl.providers.parsing import day, document, elements, excerpt, in_order, members, number, refuse_status, whole

OBSERVATIONS = "/series/observations"
DESCRIPTION = "/series"
UNITS = "units"  # of a description, noted with the headers of the observations that it proves


class Fred(Provider):
    """FRED's API, version 1."""

    name = "fred"
    title = "FRED"
    base_url = "https://api.stlouisfed.org/fred"
    credential = Credential("FRED_API_KEY", "query", "api_key")
    limits = Limits(spacing_s=0.55, rate_limited_wait_s=20.0)
    terms = Terms(
        "FRED, Federal Reserve Bank of St. Louis; some series belong to others and carry their own terms.",
        "https://fred.stlouisfed.org/docs/api/terms_of_use.html",
        publishable=True,
    )
    datasets = (MACRO, SERIES_METADATA)

    def plan(self, want: DataRequest, now: datetime) -> list[Request]:
        """
        One request: all of a series from `since` on (at most 100,000 rows a page), or its description.

        The unit of an amount in dollars is asked for before its observations, which do not name it.
        """
        params: tuple[tuple[str, str], ...] = (("series_id", want.symbol), ("file_type", "json"))
        description = Request(self.name, SERIES_METADATA, want.symbol, DESCRIPTION, params)
        if want.dataset == SERIES_METADATA:
            return [description]
        if want.dataset == MACRO:
            if want.since is not None:
                params += (("observation_start", want.since.date().isoformat()),)
            proof = description if is_amount(want.symbol) else None
            return [Request(self.name, want.dataset, want.symbol, OBSERVATIONS, params, proof=proof)]
        return []

    def proof(self, answer: Response) -> dict[str, str]:
        """The header that a description adds to the answer with its observations: their unit."""
        return {UNITS: _description(answer, members(document(answer, self.title), "FRED's answer")).units}

    def inspect(self, answer: Response) -> None:
        """
        Return where the body holds what was asked for.

        Raises:
            RateLimited: 429, with no time to wait.
            KeyRefused: 400 about `api_key`.
            ProviderRefused: the series does not exist, or another 4xx; or it comes in another unit than its amounts
                rest on, and whoever serves it again has that unit too.
            ProviderDown: 5xx.
            ResponseUnreadable: anything else that is not data, also a page that lacks rows.
        """
        if answer.status != 200:
            self._refuse(answer)
        body = members(document(answer, self.title), "FRED's answer")
        if answer.request.path == DESCRIPTION:
            _description(answer, body)
            return
        units = answer.headers.get(UNITS)
        if units is not None and (changed := why_units_differ(answer.request.symbol, units)):
            raise ProviderRefused(changed, has_stand_in=False)
        rows = elements(body.get("observations"), "FRED's observations")
        count = whole(body.get("count"))
        if count is not None and count > len(rows):
            raise ResponseUnreadable(f"FRED gave {len(rows)} of {count} rows of {answer.request.symbol}")

    def parse(self, answer: Response) -> Iterator[ProviderRow]:
        """Observations, or one Series. `vintage_date` is set only where the request names `realtime_start`."""
        body = members(document(answer, self.title), "FRED's answer")
        if answer.request.path == DESCRIPTION:
            yield _description(answer, body)
            return
        series_id = answer.request.symbol
        has_vintages = "realtime_start" in dict(answer.request.params)
        rows: list[tuple[date, ProviderRow]] = []
        for item in elements(body.get("observations"), "FRED's observations"):
            found = item if isinstance(item, dict) else {}
            at, text = day(found.get("date")), found.get("value")
            value = number(text) if isinstance(text, str) else None
            vintage = day(found.get("realtime_start")) if has_vintages else None
            if at is None or (value is None and text != "."):
                yield Unreadable(series_id, str(found.get("date", "")), "not a value with a date")
            elif has_vintages and vintage is None:
                yield Unreadable(series_id, at.isoformat(), "no vintage, though one was asked for")
            elif vintage is not None:
                yield Observation(series_id, at, value, vintage)
            else:
                rows.append((at, Observation(series_id, at, value)))
        yield from in_order(series_id, rows)

    def _refuse(self, answer: Response) -> None:
        try:
            body = document(answer, self.title)
        except ResponseUnreadable:
            body = None
        said = excerpt(body.get("error_message")) if isinstance(body, dict) else ""
        if answer.status == 400 and "api_key" in said:
            raise KeyRefused("FRED does not accept the key", is_doubtful="not registered" in said)
        if "series does not exist" in said:
            raise ProviderRefused(f"FRED has no series {answer.request.symbol}")
        refuse_status(answer, self.title, keyed=True, said=said)


def _description(answer: Response, body: dict[str, object]) -> Series:
    found = elements(body.get("seriess"), "FRED's seriess")
    row = members(found[0] if found else None, "FRED's description")
    names = ("id", "title", "units", "frequency_short", "seasonal_adjustment_short", "last_updated")
    texts = [text for text in (row.get(name) for name in names) if isinstance(text, str)]
    if len(texts) != len(names):
        raise ResponseUnreadable(f"FRED's description of {answer.request.symbol} lacks one of {', '.join(names)}")
    if texts[0] != answer.request.symbol:
        raise ResponseUnreadable(f"FRED described another series than {answer.request.symbol}")
    try:
        last_updated = datetime.fromisoformat(texts[5]).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ResponseUnreadable(f"FRED's last_updated of {answer.request.symbol} is not an instant") from None
    return Series(texts[0], texts[1], texts[2], texts[3], texts[4], last_updated)
