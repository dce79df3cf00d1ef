"""
Asking one provider one thing: reserved in the ledger, sent, kept as it came, read; and asked again where that helps.

No answer and "too fast" are asked again with growing waits. A refusal that providers also give in their own trouble is
asked once more where it contradicts what they have said: a key that was good a moment ago in this run, a symbol that
has been answered before.
"""

import random
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial

from tenacity import RetryCallState, Retrying, stop_after_attempt

from etl.domain import Limits, Provider, ProviderRow, Request, Response, Span
from etl.errors import KeyRefused, ProviderDown, ProviderQuotaExhausted, RateLimited, ResponseError
from etl.extract.http_client import HttpClient
from etl.market.spans import covered, span_asked
from etl.providers.parsing import newest, some_true
from etl.providers.protocol import ColumnarProvider, Paged, ProvenProvider, Survey
from etl.raw.store import RawStore
from etl.runtime.clock import Clock
from etl.state.answered_requests import spans_text
from etl.state.request_ledger import LONGEST_WAIT_S, MORE, RequestLedger

SPREAD = 0.1  # of a wait: what went wrong together is not asked again together


class Fetcher:
    """What asking needs: the stores, the limits, and `chance`, which spreads the waits."""

    def __init__(
        self,
        *,
        limits: Mapping[str, Limits],
        ledger: RequestLedger,
        lake: RawStore,
        http: HttpClient,
        clock: Clock,
        run_id: str,
        attempts: int,
        chance: random.Random,
    ) -> None:
        self._limits, self._ledger, self._lake = limits, ledger, lake
        self._http, self._clock, self._run_id, self._attempts = http, clock, run_id, attempts
        self._chance = chance
        self._good_keys: set[str] = set()  # of providers that answered in this run

    def ask(self, provider: Provider, request: Request) -> list[ProviderRow]:
        """
        Send one request, again where that helps, and return the rows of its answer and of the pages that follow it.

        Raises:
            ResponseError, LedgerQuotaExhausted: it was not answered; the subclass says why.
            FolderUnusable: the answer could not be kept.
        """
        retrying = Retrying(
            stop=stop_after_attempt(self._attempts),
            wait=lambda state: self._pause(provider, state),
            retry=lambda state: self._is_worth_asking_again(provider, request, state),
            sleep=self._clock.sleep,
            reraise=True,
        )
        rows: list[ProviderRow] = []
        asked: set[Request] = set()
        page: Request | None = request
        while page is not None and page not in asked:
            self._clock.sleep(0)  # a stopped run asks for no further page
            asked.add(page)
            _, found, page = retrying(self._exchange, provider, page)
            self._good_keys.add(provider.name)
            rows += found
        return rows

    def _pause(self, provider: Provider, state: RetryCallState) -> float:
        """Seconds before the next attempt: what the provider said, else growing and spread."""
        error = state.outcome.exception() if state.outcome else None
        said = error.retry_after_s if isinstance(error, RateLimited) else None
        if said is None:
            slow = self._limits[provider.name].rate_limited_wait_s if isinstance(error, RateLimited) else 1.0
            said = slow * 2 ** (state.attempt_number - 1)
        if said > LONGEST_WAIT_S and error is not None:
            raise ProviderDown(f"{provider.name}: asks to wait {said:.0f} s; left to the next run") from None
        return said * (1 + SPREAD * self._chance.random())

    def _is_worth_asking_again(self, provider: Provider, request: Request, state: RetryCallState) -> bool:
        error = state.outcome.exception() if state.outcome else None
        if isinstance(error, ProviderDown | RateLimited):
            return True
        if not isinstance(error, ResponseError) or not error.is_doubtful or state.attempt_number > 1:
            return False
        if isinstance(error, KeyRefused):
            return provider.name in self._good_keys
        return provider.name in self._ledger.last_good(request.dataset, request.symbol)

    def _exchange(self, provider: Provider, request: Request) -> tuple[Response, list[ProviderRow], Request | None]:
        """
        One request and its answer, kept and read; what proves it is asked for first.

        Returns the request for the page after it too, where the answer says that there is one.
        """
        proven: dict[str, str] = {}
        if request.proof and isinstance(provider, ProvenProvider):
            proven = provider.proof(self._exchange(provider, request.proof)[0])
        limits = self._limits[provider.name]
        sequence = self._ledger.reserve(request, limits, self._run_id)
        asked_at = self._clock.now()
        try:
            reply = self._http.send(provider, request, limits.timeout_s)
        except ResponseError as error:
            self._ledger.close(sequence, type(error).__name__, detail=str(error))
            raise
        headers = reply.headers | proven
        answer = Response(
            request, reply.status, headers, reply.body, asked_at, self._clock.now(), sequence, self._run_id
        )
        self._heed_headers(sequence, reply.headers)
        self._lake.keep(answer)
        rows, following = self._read(provider, answer, latency_ms=reply.latency_ms)
        return answer, rows, following

    def settle(self, providers: Mapping[str, Provider], dataset: str, symbol: str) -> None:
        """End in the ledger what a kill left open there although the answer was kept: it is not asked for again."""
        for sequence in self._ledger.cut_short(dataset, symbol):
            path = self._lake.find(sequence)
            if path is not None:
                answer = self._lake.open(path)
                with suppress(ResponseError):  # its name is in the ledger now
                    self._read(providers[answer.request.provider], answer, latency_ms=None)

    def _read(
        self, provider: Provider, answer: Response, *, latency_ms: float | None
    ) -> tuple[list[ProviderRow], Request | None]:
        """The rows of a kept answer and the page after it; how its request ended is written down."""
        end = partial(self._ledger.close, answer.sequence, status=answer.status, answered_at=answer.answered_at)
        try:
            rows, survey = _read(provider, answer)
            following = provider.more(answer) if isinstance(provider, Paged) else None
        except ResponseError as error:
            if latency_ms is not None:  # what was said before a kill is over
                self._heed(provider, error)
            end(type(error).__name__, detail=str(error), latency_ms=latency_ms)
            raise
        end(
            "ok" if following is None else MORE,
            latency_ms=latency_ms,
            rows=survey.rows,
            newest_at=survey.newest_at,
            detail=spans_text(survey.missing),
        )
        return rows, following

    def _heed_headers(self, sequence: int, headers: Mapping[str, str]) -> None:
        used = [value for name, value in headers.items() if name.startswith("x-mbx-used-weight-")]
        if used and used[0].isdigit():
            self._ledger.weigh(sequence, int(used[0]))

    def _heed(self, provider: Provider, error: ResponseError) -> None:
        """What a refusal means for every process on this data folder."""
        if isinstance(error, ProviderQuotaExhausted):
            self._ledger.mark_spent(provider.name, self._limits[provider.name])
        if isinstance(error, RateLimited):
            wait = self._limits[provider.name].rate_limited_wait_s
            self._ledger.block(provider.name, wait if error.retry_after_s is None else error.retry_after_s)


def _read(provider: Provider, answer: Response) -> tuple[list[ProviderRow], Survey]:
    """
    What an answer holds; a long table is only looked over here, and read by transform.

    Raises:
        ResponseError: it is not data, or none of its rows can be true.
    """
    provider.inspect(answer)
    if isinstance(provider, ColumnarProvider) and (survey := provider.survey(answer)):
        return [], survey
    rows = some_true(list(provider.parse(answer)), answer)
    return rows, Survey(len(rows), newest(rows, answer.server_time), _cut_off(answer, rows))


def _cut_off(answer: Response, rows: Sequence[ProviderRow]) -> tuple[Span, ...]:
    """The beginning of the span that was asked for, where a full page holds the newest rows of it only."""
    first, _ = span_asked(dict(answer.request.params))
    speaks = covered(answer, rows)
    return ((first, speaks.covers_from),) if first and speaks and first < speaks.covers_from else ()
