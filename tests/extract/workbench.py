"""An extraction's stores in a folder of their own, with an upstream that a test makes up."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import httpx
from pydantic import SecretStr

from etl.demo import upstream as demo_upstream
from etl.domain import EQUITY_DAILY, DataRequest, Limits, Outcome
from etl.extract.extract import Extractor
from etl.extract.fetcher import Fetcher
from etl.extract.http_client import HttpClient
from etl.extract.planner import Task
from etl.market.sessions import last_closed
from etl.providers import PROVIDERS
from etl.raw.store import RawStore
from etl.runtime.clock import Clock
from etl.state.database import StateDatabase
from etl.state.request_ledger import RequestLedger
from tests.clocks import NotedClock

NOW = datetime(2025, 11, 1, 3, 43, tzinfo=UTC)
KEYS = {
    "ALPHA_VANTAGE_API_KEY": SecretStr("CANARYALPHAVANTAGE"),
    "FRED_API_KEY": SecretStr("canaryfredcanaryfredcanaryfred00"),
    "TWELVE_DATA_API_KEY": SecretStr("CANARYTWELVEDATA"),
    "FMP_API_KEY": SecretStr("CANARYFMP"),
    "ALPACA_API_KEY": SecretStr("CANARYALPACAID"),
    "ALPACA_SECRET_KEY": SecretStr("CANARYALPACASECRET"),
    "FINNHUB_API_KEY": SecretStr("CANARYFINNHUB"),
    "COINGECKO_API_KEY": SecretStr("CANARYCOINGECKO"),
}
Reply = tuple[int, dict[str, str], bytes]
Upstream = Callable[[str], Reply]


def made_up(url: str) -> Reply:
    """What the demo's upstream says."""
    return demo_upstream.answer(url, NOW)


def task(symbol: str, *chain: str, dataset: str = EQUITY_DAILY, since: datetime | None = None) -> Task:
    """One want and who is asked for it."""
    return Task(DataRequest(dataset, symbol, since), chain, "due")


@dataclass
class NoProgress:
    """Counts what it is told."""

    expected: list[str] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)

    def expect(self, provider: str, requests: int) -> None:
        """So many more."""
        self.expected += [provider] * requests

    def advance(self, provider: str, what: str) -> None:
        """One ended."""
        self.ended.append(provider)

    def say(self, text: str) -> None:
        """Nobody listens."""


@dataclass
class Bench:
    """The stores, and `sent`: host and symbol of each request, in order."""

    folder: Path
    upstream: Upstream = made_up
    transport: httpx.BaseTransport | None = None
    base_urls: dict[str, str] = field(default_factory=dict)
    clock: Clock = field(default_factory=lambda: NotedClock(NOW))
    attempts: int = 3
    limits: dict[str, Limits] = field(default_factory=dict)
    sent: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        last_closed(NOW)  # the calendar is made before the lanes begin, as `due` does it
        self.state = StateDatabase(self.folder / "state.db")
        self.ledger = RequestLedger(self.state, self.clock)
        self.lake = RawStore(self.folder / "lake")
        self.progress = NoProgress()
        own = None if self.base_urls else self.transport or httpx.MockTransport(self._handle)
        self.http = HttpClient(self.clock, KEYS, self.base_urls, transport=own, on_sent=self.ledger.sent)

    def _handle(self, request: httpx.Request) -> httpx.Response:
        self.sent.append(str(request.url))
        status, headers, body = self.upstream(str(request.url))
        return httpx.Response(status, headers=headers, content=body)

    def limits_of(self, name: str) -> Limits:
        """The free tier's, or what the test set."""
        return self.limits.get(name, PROVIDERS[name].limits)

    def asker(self, run_id: str = "run-1") -> Fetcher:
        """One run's."""
        return Fetcher(
            limits={name: self.limits_of(name) for name in PROVIDERS},
            ledger=self.ledger,
            lake=self.lake,
            http=self.http,
            clock=self.clock,
            run_id=run_id,
            attempts=self.attempts,
            chance=random.Random(run_id),
        )

    def extractor(self, run_id: str = "run-1") -> Extractor:
        """One run's."""
        return Extractor(
            providers=PROVIDERS,
            limits={name: self.limits_of(name) for name in PROVIDERS},
            asker=self.asker(run_id),
            clock=self.clock,
            progress=self.progress,
        )

    def run(self, tasks: Sequence[Task], run_id: str = "run-1") -> Outcome:
        """Extract."""
        return self.extractor(run_id).run(tasks)

    def unpaced(self) -> "Bench":
        """Without spacing, so that only the waits that a fault asks for are noted."""
        self.limits = {name: replace(provider.limits, spacing_s=0.0) for name, provider in PROVIDERS.items()}
        return self

    def waits(self) -> list[float]:
        """What was waited, in order."""
        assert isinstance(self.clock, NotedClock)
        return [wait for wait in self.clock.waits if wait > 0]

    def verdicts(self) -> list[tuple[str, str, str | None]]:
        """(provider, symbol, verdict) of every request, in order."""
        return self.state.rows("select provider, symbol, verdict from requests order by sequence")

    def close(self) -> None:
        """Close what is open."""
        self.http.close()
        self.state.close()
