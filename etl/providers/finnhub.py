"""
Finnhub: an equity's last price, to hold against the close that other sources give; never a bar.

Shape: `GET /quote?symbol=AAPL` -> `{"c": last price, "d", "dp", "h", "l", "o", "pc": close before, "t": its second}`.
The body does not name its symbol.

Quirks: candles are for paying customers (403 `{"error": "You don't have access to this resource."}`), which is why no
bar is asked for. An unknown symbol is a row of zeros with status 200. `t` is the last trade: only one at a session's
close is compared with that close.

https://finnhub.io/docs/api/quote
"""

from collections.abc import Iterator
from datetime import datetime

from etl.domain import (
    EQUITY_QUOTE,
    Credential,
    DataRequest,
    Limits,
    Provider,
    ProviderRow,
    Quote,
    Request,
    Response,
    Terms,
    Unreadable,
)
from etl.errors import KeyRefused, ProviderRefused, RateLimited, ResponseUnreadable
from etl.providers.parsing import (
    document,
    excerpt,
    instant,
    is_listed_abroad,
    members,
    number,
    refusal_in,
    refuse_status,
    retry_after,
)

_A_MINUTE = 60.0


class Finnhub(Provider):
    """Finnhub's quote."""

    name = "finnhub"
    title = "Finnhub"
    base_url = "https://finnhub.io/api/v1"
    credential = Credential("FINNHUB_API_KEY", "header", "X-Finnhub-Token")
    limits = Limits(per_minute=60, spacing_s=0.05)
    terms = Terms(
        "Finnhub's free plan is for personal use; it may not be redistributed.",
        "https://finnhub.io/terms-of-service",
        publishable=False,
    )
    datasets = (EQUITY_QUOTE,)

    def plan(self, want: DataRequest, now: datetime) -> list[Request]:
        """One request; none of a listing abroad, whose currency the body does not name."""
        if want.dataset != EQUITY_QUOTE or is_listed_abroad(want.symbol):
            return []
        return [Request(self.name, want.dataset, want.symbol, "/quote", (("symbol", want.symbol),))]

    def inspect(self, answer: Response) -> None:
        """
        Return where the body is a quote.

        Raises:
            RateLimited: the minute's 60 calls are spent.
            KeyRefused: 401.
            ProviderRefused: a resource or symbol that the plan does not hold.
            ProviderDown: 5xx.
            ResponseUnreadable: anything else that is not data.
        """
        if answer.status == 429:
            wait = retry_after(answer)
            raise RateLimited("Finnhub's calls of this minute are spent", _A_MINUTE if wait is None else wait)
        refuse_status(
            answer, self.title, keyed=True, said=refusal_in(answer, "error") if answer.status in (403, 422) else ""
        )
        body = members(document(answer, self.title), "Finnhub's answer")
        if "error" in body:
            said = excerpt(body["error"])
            if "api key" in said.lower():
                raise KeyRefused("Finnhub does not accept the key")
            if "limit" in said.lower():
                raise RateLimited("Finnhub's calls of this minute are spent", _A_MINUTE)
            raise ProviderRefused(f"Finnhub refused {answer.request.symbol}: {said}")
        if "c" not in body or "t" not in body:
            raise ResponseUnreadable(f"Finnhub's answer for {answer.request.symbol} is not a quote")
        if number(body["t"]) == 0:
            raise ProviderRefused(f"Finnhub does not know {answer.request.symbol}")

    def parse(self, answer: Response) -> Iterator[ProviderRow]:
        """The last price at the instant of its trade."""
        body = members(document(answer, self.title), "Finnhub's answer")
        symbol = answer.request.symbol
        at = instant(number(body.get("t")))
        if at is None:
            yield Unreadable(symbol, str(body.get("t", "")), "not a quote with an instant")
            return
        yield Quote(symbol, at, number(body.get("c")))
