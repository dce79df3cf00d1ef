"""
Financial Modeling Prep: daily equity bars, split-adjusted, on a free key of 250 calls a day and about 87 symbols.

Shape: `GET /historical-price-eod/full?symbol&from&to` -> a bare list `[{"symbol", "date": "2025-10-31", "open", "high",
"low", "close", "volume", "change", "changePercent", "vwap"}]`, newest first, five years back on a free key.

Quirks: `full` is split-adjusted, its own endpoint `non-split-adjusted` is not (`adjustment="split"`). An error is
`{"Error Message"}`: 401 the key, 402 a symbol beyond the plan, 403 the old `/api/v3` paths, 429 "Limit Reach" for the
day, without `Retry-After` and sometimes with status 200. A refusal may also be plain text. No row names its
currency, so only US listings are asked for. A share class is BRK-B.

https://site.financialmodelingprep.com/developer/docs/stable/historical-price-eod-full
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from etl.domain import (
    EQUITY_DAILY,
    EQUITY_HISTORY,
    Credential,
    DataRequest,
    Limits,
    Provider,
    ProviderRow,
    Request,
    Response,
    Terms,
)
from etl.errors import (
    KeyRefused,
    ProviderQuotaExhausted,
    ProviderRefused,
    RateLimited,
    ResponseError,
    ResponseUnreadable,
)
from etl.providers.parsing import (
    bars,
    document,
    elements,
    excerpt,
    is_listed_abroad,
    refuse_status,
    retry_after,
    share_class,
)

_RECENT = timedelta(days=140)  # about 100 sessions
FREE = timedelta(days=5 * 365)  # what a free key is given
_MICROSECOND = timedelta(microseconds=1)
_NAMES = {"at": "date", **{name: name for name in ("open", "high", "low", "close", "volume")}}


class Fmp(Provider):
    """FMP's end-of-day prices."""

    name = "fmp"
    title = "Financial Modeling Prep"
    base_url = "https://financialmodelingprep.com/stable"
    credential = Credential("FMP_API_KEY", "query", "apikey")
    limits = Limits(per_day=250, day_zone="UTC", spacing_s=0.25)
    terms = Terms(
        "Financial Modeling Prep's free plan is for personal use; showing its data to others needs a licence.",
        "https://site.financialmodelingprep.com/terms-of-service",
        publishable=False,
    )
    datasets = (EQUITY_DAILY, EQUITY_HISTORY)

    def plan(self, want: DataRequest, now: datetime) -> list[Request]:
        """One request: the days from `since` (or the last 140) up to `until` or today; none of a listing abroad."""
        if want.dataset not in self.datasets or is_listed_abroad(want.symbol):
            return []
        first = want.since or (now - FREE if want.dataset == EQUITY_HISTORY else now - _RECENT)
        last = min(now, want.until - _MICROSECOND) if want.until else now
        if last < now - FREE:
            return []
        span = (("from", max(first, now - FREE).date().isoformat()), ("to", last.date().isoformat()))
        params = (("symbol", share_class(want.symbol, "-")), *span)
        return [Request(self.name, want.dataset, want.symbol, "/historical-price-eod/full", params)]

    def inspect(self, answer: Response) -> None:
        """
        Return where the body is a list of rows of the symbol that was asked for.

        Raises:
            ProviderQuotaExhausted: the day's 250 calls are spent.
            RateLimited: 429 that says how long to wait.
            KeyRefused: 401, or a text that says so.
            ProviderRefused: a symbol beyond the plan, an old path, or no row in the span.
            ProviderDown: 5xx.
            ResponseUnreadable: anything else that is not data.
        """
        error = _refusal(answer)
        if error is not None:
            raise error
        refuse_status(answer, self.title, keyed=True)
        rows = elements(document(answer, self.title), "FMP's answer")
        if not rows:
            raise ProviderRefused(f"FMP has no row of {answer.request.symbol} in that span")
        asked = dict(answer.request.params)["symbol"]
        if any(isinstance(row, dict) and row.get("symbol") != asked for row in rows):
            raise ResponseUnreadable(f"FMP answered for another symbol than {answer.request.symbol}")

    def parse(self, answer: Response) -> Iterator[ProviderRow]:
        """Bars, one a session, split-adjusted."""
        items = elements(document(answer, self.title), "FMP's answer")
        yield from bars(answer.request.symbol, items, _NAMES, adjustment="split")


def _refusal(answer: Response) -> ResponseError | None:
    """The error behind `{"Error Message"}` under any status below 500; None where the body is none."""
    try:
        body = document(answer, "FMP")
    except ResponseUnreadable:
        body = excerpt(answer.body.decode("utf-8", "replace"))
    said = excerpt(body.get("Error Message") or body.get("message")) if isinstance(body, dict) else excerpt(body)
    text, status, symbol = said.lower(), answer.status, answer.request.symbol
    if status >= 500 or (status == 200 and not (said and isinstance(body, dict))):
        return None
    if status == 429 or "limit reach" in text:
        wait = retry_after(answer)
        return (
            ProviderQuotaExhausted("FMP's calls of the day are spent")
            if wait is None
            else RateLimited("FMP was too fast", wait)
        )
    if status == 401 or "api key" in text:
        return KeyRefused("FMP does not accept the key")
    if status in (402, 403) or (isinstance(body, dict) and status in (200, 400, 404)):
        return ProviderRefused(f"FMP refused {symbol}: {said or f'HTTP {status}'}")
    return None
