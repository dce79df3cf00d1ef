"""
Twelve Data: daily equity bars as traded, on a free key of 8 calls a minute and 800 a day.

Shape: `GET /time_series?symbol&interval=1day` -> `{"meta": {"symbol", "currency", "exchange_timezone", "mic_code",
...}, "values": [{"datetime": "2025-10-31", "open": "1.0", ..., "volume": "1234"}], "status": "ok"}`, newest first, at
most 5000.

Quirks: an error is `{"code", "message", "status": "error"}` with that code as its status, or with 200. Code 429 means
the minute or the day, and only the message says which. Prices come split-adjusted unless `adjust=none` is sent, which
mfo does: rows are as traded (`adjustment="raw"`) and mean the same whenever they were fetched. One symbol may stand for
several listings (TSCO: Nasdaq, or London in pence), so the one that answered is looked at. A share class is BRK.B.

https://twelvedata.com/docs#time-series
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
    ProviderDown,
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
    members,
    refuse_currency,
    refuse_status,
    retry_after,
    share_class,
    whole,
)

RECENT_ROWS, ALL_ROWS = 100, 5000
_RECENT = timedelta(days=140)  # what 100 sessions reach back
_A_MINUTE = 60.0
_NEW_YORK = "America/New_York"
_MICROSECOND = timedelta(microseconds=1)
_NAMES = {"at": "datetime", **{name: name for name in ("open", "high", "low", "close", "volume")}}


class TwelveData(Provider):
    """Twelve Data's time_series."""

    name = "twelve_data"
    title = "Twelve Data"
    base_url = "https://api.twelvedata.com"
    credential = Credential("TWELVE_DATA_API_KEY", "query", "apikey")
    limits = Limits(per_day=800, reserve=100, day_zone="UTC", per_minute=8)
    terms = Terms(
        "Twelve Data's free plan is for personal use; it may not be redistributed.",
        "https://twelvedata.com/terms",
        publishable=False,
    )
    datasets = (EQUITY_DAILY, EQUITY_HISTORY)
    parser_version = 2  # 1 took another listing's pence for dollars

    def plan(self, want: DataRequest, now: datetime) -> list[Request]:
        """One request: the last 100 sessions, or up to 5000 from an older `since` to `until`."""
        if want.dataset not in self.datasets:
            return []
        is_recent = want.dataset == EQUITY_DAILY and (want.since is None or want.since > now - _RECENT)
        params: tuple[tuple[str, str], ...] = (
            ("symbol", share_class(want.symbol, ".")),
            ("interval", "1day"),
            ("outputsize", str(RECENT_ROWS if is_recent else ALL_ROWS)),
            ("adjust", "none"),
        )
        if want.since is not None and not is_recent:
            params += (("start_date", want.since.date().isoformat()),)
        if want.until is not None and want.until <= now:
            # the last moment of the day: a session is stamped with its midnight, whichever way the end is meant
            params += (("end_date", f"{(want.until - _MICROSECOND).date()}T23:59:59"),)
        return [Request(self.name, want.dataset, want.symbol, "/time_series", params)]

    def inspect(self, answer: Response) -> None:
        """
        Return where the body holds rows of the symbol that was asked for.

        Raises:
            RateLimited: the minute's 8 credits are spent.
            ProviderQuotaExhausted: the day's 800 are.
            KeyRefused: 401.
            ProviderRefused: an unknown symbol, one beyond the plan, another listing or currency, or no row in the span.
            ProviderDown: 5xx.
            ResponseUnreadable: anything else that is not data.
        """
        if answer.status != 200:
            self._refuse_body(answer)
            refuse_status(answer, self.title, keyed=True)
        body = members(document(answer, self.title), "Twelve Data's answer")
        if "values" not in body:
            unknown = f"Twelve Data's answer for {answer.request.symbol} holds no data that we know"
            raise _refusal(answer, body) or ResponseUnreadable(unknown)
        meta = members(body.get("meta"), "Twelve Data's meta")
        if meta.get("symbol") != dict(answer.request.params)["symbol"]:
            raise ResponseUnreadable(f"Twelve Data answered for another symbol than {answer.request.symbol}")
        listing = excerpt(meta.get("mic_code") or meta.get("exchange"), 20) or "an exchange that it does not name"
        refuse_currency(answer, self.title, meta.get("currency"), f" of {listing}")
        if meta.get("exchange_timezone") != _NEW_YORK:
            raise ProviderRefused(f"Twelve Data gives {answer.request.symbol} of {listing}: another listing than ours")
        if not elements(body["values"], "Twelve Data's values"):
            raise ProviderRefused(f"Twelve Data has no row of {answer.request.symbol} in that span")

    def parse(self, answer: Response) -> Iterator[ProviderRow]:
        """Bars, one a session, as traded."""
        body = members(document(answer, self.title), "Twelve Data's answer")
        yield from bars(answer.request.symbol, elements(body.get("values"), "Twelve Data's values"), _NAMES)

    def _refuse_body(self, answer: Response) -> None:
        try:
            body = document(answer, self.title)
        except ResponseUnreadable:
            return
        error = _refusal(answer, body) if isinstance(body, dict) and answer.status < 500 else None
        if error is not None:
            raise error


def _refusal(answer: Response, body: dict[str, object]) -> ResponseError | None:
    """
    The error behind `{"code", "message"}`, None for a code that means nothing here.

    The text of 401 may hold the key, so it is never quoted.
    """
    code = whole(body.get("code"))
    code = code if code is not None and 100 <= code < 600 else answer.status
    said, symbol = excerpt(body.get("message")), answer.request.symbol
    text = said.lower()
    if code == 429:
        if "minute" in text or "day" not in text:
            wait = retry_after(answer)
            return RateLimited("Twelve Data's credits of this minute are spent", _A_MINUTE if wait is None else wait)
        return ProviderQuotaExhausted("Twelve Data's credits of the day are spent")
    if code == 401:
        return KeyRefused("Twelve Data does not accept the key")
    if code in (400, 403, 404, 414):
        return ProviderRefused(f"Twelve Data refused {symbol}: {said or f'HTTP {code}'}")
    return ProviderDown(f"Twelve Data answered with code {code}") if code >= 500 else None
