"""
CoinGecko: a coin's price in dollars at each midnight UTC, to hold against the close that Binance gives; never a bar.

Shape: `GET /coins/bitcoin/market_chart?vs_currency=usd&days=2&interval=daily` -> `{"prices": [[ms, price], ...],
"market_caps": [...], "total_volumes": [...]}`: one point for each midnight, and the price of now as the last.

Quirks: free candles are of four days, without volume, stamped with their end, and reach 365 days back: no daily bar can
be had. Coins go by id (`bitcoin`), not by symbol. An error is `{"status": {"error_code", "error_message"}}`, sometimes
inside `{"error": ...}`; 10012 (older than 365 days) comes with 401, which is no refused key. `Retry-After` may be 0.

https://docs.coingecko.com/v3.0.1/reference/coins-id-market-chart
"""

from collections.abc import Iterator
from datetime import datetime

from etl.domain import (
    CRYPTO_QUOTE,
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
from etl.errors import KeyRefused, ProviderRefused, RateLimited, ResponseError, ResponseUnreadable
from etl.providers.parsing import (
    document,
    elements,
    excerpt,
    instant,
    members,
    number,
    refuse_status,
    retry_after,
    whole,
)

_A_MINUTE = 60.0
QUOTE_CURRENCY = "USDT"
COINS = {
    "BTC": "bitcoin",
    "ETH": "ethereum",
    "BNB": "binancecoin",
    "SOL": "solana",
    "XRP": "ripple",
    "ADA": "cardano",
    "DOGE": "dogecoin",
    "TRX": "tron",
    "DOT": "polkadot",
    "AVAX": "avalanche-2",
    "LINK": "chainlink",
    "LTC": "litecoin",
    "BCH": "bitcoin-cash",
}
KEY_CODES, PLAN_CODES = (10002, 10010, 10011), (10005, 10006, 10012)


class CoinGecko(Provider):
    """CoinGecko's market_chart."""

    name = "coingecko"
    title = "CoinGecko"
    base_url = "https://api.coingecko.com/api/v3"
    credential = Credential("COINGECKO_API_KEY", "header", "x-cg-demo-api-key")
    limits = Limits(per_minute=30, rate_limited_wait_s=60.0)
    terms = Terms(
        "CoinGecko's Demo plan is for personal use, with attribution: data provided by CoinGecko.",
        "https://www.coingecko.com/en/api_terms",
        publishable=False,
    )
    datasets = (CRYPTO_QUOTE,)

    def plan(self, want: DataRequest, now: datetime) -> list[Request]:
        """One request for the last two midnights; [] for a coin whose id is not known here."""
        coin = COINS.get(want.symbol.removesuffix(QUOTE_CURRENCY))
        if want.dataset != CRYPTO_QUOTE or coin is None or not want.symbol.endswith(QUOTE_CURRENCY):
            return []
        params = (("vs_currency", "usd"), ("days", "2"), ("interval", "daily"))
        return [Request(self.name, want.dataset, want.symbol, f"/coins/{coin}/market_chart", params)]

    def inspect(self, answer: Response) -> None:
        """
        Return where the body holds prices.

        Raises:
            RateLimited: the minute's 30 calls are spent.
            KeyRefused: the key is not accepted.
            ProviderRefused: beyond the plan, or no such coin.
            ProviderDown: 5xx.
            ResponseUnreadable: anything else that is not data.
        """
        error = _refusal(answer)
        if error is not None:
            raise error
        refuse_status(answer, self.title, keyed=True)
        body = members(document(answer, self.title), "CoinGecko's answer")
        if not elements(body.get("prices"), "CoinGecko's prices"):
            raise ProviderRefused(f"CoinGecko has no price of {answer.request.symbol}")

    def parse(self, answer: Response) -> Iterator[ProviderRow]:
        """Prices, oldest first."""
        body = members(document(answer, self.title), "CoinGecko's answer")
        symbol = answer.request.symbol
        found: list[tuple[datetime, Quote]] = []
        for item in elements(body.get("prices"), "CoinGecko's prices"):
            pair = item if isinstance(item, list) and len(item) == 2 else [None, None]
            stamp = number(pair[0])
            at = instant(stamp / 1000) if stamp is not None else None
            if at is None:
                yield Unreadable(symbol, str(pair[0]), "not a price with an instant")
                continue
            found.append((at, Quote(symbol, at, number(pair[1]))))
        yield from (quote for _, quote in sorted(found, key=lambda pair: pair[0]))


def _refusal(answer: Response) -> ResponseError | None:
    """The error behind `{"status": {"error_code"}}` under any status below 500; None where the body is none."""
    try:
        body = document(answer, "CoinGecko")
    except ResponseUnreadable:
        return None
    outer = body if isinstance(body, dict) else {}
    inner = outer.get("error") if isinstance(outer.get("error"), dict) else outer
    status = inner.get("status") if isinstance(inner, dict) else None
    code = whole(status.get("error_code")) if isinstance(status, dict) else None
    if code is None or answer.status >= 500:
        return None
    if code == 429:
        wait = retry_after(answer)
        return RateLimited("CoinGecko's calls of this minute are spent", wait or _A_MINUTE)
    if code in KEY_CODES:
        return KeyRefused("CoinGecko does not accept the key")
    said = excerpt(status.get("error_message")) if isinstance(status, dict) else ""
    if code in PLAN_CODES or 400 <= code < 500:
        return ProviderRefused(f"CoinGecko refused {answer.request.symbol}: {said or code}")
    return None
