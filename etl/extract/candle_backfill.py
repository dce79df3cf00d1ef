"""
backfill: the history of candles, whole files of the archive first, pages of REST for the rest, several at a time.

It goes in rounds: what is missing by the ledger is asked for, files and pages side by side; then what is missing still
(a file that is late, short, or not what its checksum says) is asked of REST. What failed is not asked again in this
run. Nothing is lost where it is interrupted: the next run asks for what the ledger does not have.
"""

import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from etl.domain import CRYPTO_1M, Limits, Outcome, Provider, Request
from etl.errors import LedgerQuotaExhausted, MfoError, ProviderDown, ProviderRefused, ResponseError, ResponseUnreadable
from etl.extract import missing as backlog
from etl.extract.missing import CANDLE_CHAINS, BackfillRange
from etl.extract.worker_pool import STOPPING, Progress, ProviderPool
from etl.providers import PROVIDERS
from etl.providers.protocol import ProvenProvider
from etl.runtime.clock import Clock
from etl.state.request_ledger import RequestLedger

_GIVEN_UP_AFTER = 6  # requests in a row that found nobody there, each asked several times
Ask = Callable[[Provider, Request], object]


@dataclass
class _Report:
    """What came of the requests; written under a lock."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    answered: Counter[str] = field(default_factory=Counter)
    failed: dict[Request, MfoError] = field(default_factory=dict)
    in_a_row: Counter[str] = field(default_factory=Counter)
    kinds: set[str] = field(default_factory=set)


class Backfiller:
    """What a backfill asks with: `ask` sends one request, keeps its answer and raises what is wrong with it."""

    def __init__(
        self, *, ask: Ask, limits: Mapping[str, Limits], ledger: RequestLedger, clock: Clock, progress: Progress
    ) -> None:
        self._ask, self._limits, self._ledger, self._clock, self._progress = ask, limits, ledger, clock, progress
        self._providers: dict[str, Provider] = {name: PROVIDERS[name] for name in CANDLE_CHAINS[CRYPTO_1M]}

    def run(self, histories: Sequence[BackfillRange]) -> Outcome:
        """
        Ask for all that is missing of some histories.

        Raises:
            Stopped: Ctrl-C; the requests in flight were kept.
            FolderUnusable: answers cannot be kept.
        """
        report = _Report()
        known = [history for history in histories if self._is_known(history, report)]
        while asked := self._missing(known, report):
            before = len(report.failed) + report.answered.total()
            self._round(asked, report)
            if len(report.failed) + report.answered.total() == before:
                break
        return self._outcome(known, report)

    def _is_known(self, history: BackfillRange, report: _Report) -> bool:
        """Ask for a symbol's first candle; False where Binance does not know the symbol."""
        answered = self._ledger.answered(history.dataset, history.symbol)
        probes = backlog.first_candles(history)
        if not probes or backlog.listed_at(history, answered):
            return True
        for probe in probes:
            self._send(probe, report)
        failed = [report.failed[probe] for probe in probes if probe in report.failed]
        return not any(isinstance(error, ProviderRefused) and not self._is_shut_out(error) for error in failed)

    def _is_shut_out(self, error: MfoError) -> bool:
        """A refusal of us, not of the symbol: the archive may still answer."""
        return "HTTP 4" in str(error)

    def _missing(self, histories: Sequence[BackfillRange], report: _Report) -> list[Request]:
        """What is still to be asked for, by the ledger."""
        failed = frozenset(report.failed)
        asked: list[Request] = []
        for history in histories:
            spans = backlog.still_missing(history, self._ledger.answered(history.dataset, history.symbol))
            asked += backlog.requests(history, spans, self._clock.now(), failed)
        return asked

    def _round(self, asked: Sequence[Request], report: _Report) -> None:
        lanes = ProviderPool(self._clock)
        for request in asked:
            self._progress.expect(request.provider, 1)
            lanes.put(request.provider, request)

        def work(name: str, request: Request) -> None:
            self._send(request, report)
            self._progress.advance(name, request.symbol)

        lanes.run(
            {name: self._limits[name].parallel for name in self._providers},
            work,
            on_stop=lambda: self._progress.say(STOPPING),
        )

    def _send(self, request: Request, report: _Report) -> None:
        """One request; what is wrong with it is written down."""
        self._clock.sleep(0)  # a stopped run asks for no further page
        name = request.provider
        try:
            if report.in_a_row[name] >= _GIVEN_UP_AFTER:
                raise ProviderDown(f"{name}: nobody there; given up for this run")
            self._ask(self._providers[name], request)
        except (ResponseError, LedgerQuotaExhausted) as error:
            with report.lock:
                report.failed[request] = error
                report.kinds.add(type(error).__name__)
                report.in_a_row[name] += isinstance(error, ProviderDown | LedgerQuotaExhausted)
            return
        with report.lock:
            report.answered[name] += 1
            report.in_a_row[name] = 0

    def _outcome(self, histories: Sequence[BackfillRange], report: _Report) -> Outcome:
        unsettled = {r: error for r, error in report.failed.items() if self._is_unsettled(r, histories)}
        counted = Counter((request.symbol, str(error)) for request, error in unsettled.items())
        undone = [f"{error} ({symbol}, {count} requests)" for (symbol, error), count in sorted(counted.items())]
        files = {r: e for r, e in report.failed.items() if isinstance(self._providers[r.provider], ProvenProvider)}
        late = sum(isinstance(error, ProviderRefused) for error in files.values())
        notes = [f"{late} files are not in the archive (yet): asked of REST"] if late else []
        notes += [
            f"{error}: not loaded, asked of REST" for error in files.values() if isinstance(error, ResponseUnreadable)
        ]
        said = ", ".join(f"{count} answers of {name}" for name, count in sorted(report.answered.items()) if count)
        return Outcome(
            said or "everything of it is held; nothing asked",
            tuple(undone),
            tuple(notes),
            {"answered": report.answered.total(), "kinds": sorted(report.kinds)},
        )

    def _is_unsettled(self, request: Request, histories: Sequence[BackfillRange]) -> bool:
        """Whether what a failed request was for is still missing now."""
        mine = [h for h in histories if (h.dataset, h.symbol) == (request.dataset, request.symbol)]
        span = backlog.span_of(request.provider, request.path, request.params)
        if not mine or span is None:
            return not mine
        missing = backlog.still_missing(mine[0], self._ledger.answered(request.dataset, request.symbol))
        return any(first < span[1] and span[0] < last for first, last in missing)
