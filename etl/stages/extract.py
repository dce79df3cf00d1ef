"""
extract: ask for what is due, side by side by provider, and keep every answer.

Each provider is a lane of its own, so that a run takes as long as the slowest quota and not the sum. A want whose
provider is spent, down or refuses goes on to the next provider of its chain; the sidecar says who answered.
"""

import threading
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt

from etl.domain import Answer, Limits, Outcome, Provider, Request, Row
from etl.errors import (
    AnswerError,
    DataWrong,
    DaySpent,
    KeyRefused,
    MfoError,
    ProviderDown,
    QuotaExhausted,
    RateLimited,
    SourcesDown,
    TryLater,
)
from etl.planning import Task
from etl.providers.reading import newest, some_true
from etl.sources import ColumnarProvider, Paged, ProvenProvider, Survey
from etl.stores.answered import spans_text
from etl.stores.clock import Clock
from etl.stores.http import Http
from etl.stores.lake import Lake
from etl.stores.lanes import STOPPING, Lanes, Progress
from etl.stores.ledger import LONGEST_WAIT_S, MORE, Ledger

GIVEN_UP_AFTER = 2  # wants in a row that found nobody there, each asked several times: the rest of the run does without


@dataclass
class _Report:
    """What the lanes did; written under a lock."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    answered: int = 0
    failures: dict[tuple[str, str, str], list[str]] = field(default_factory=lambda: defaultdict(list))
    unanswered: list[Task] = field(default_factory=list)
    refused_keys: dict[str, str] = field(default_factory=dict)
    in_a_row: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))  # wants that found nobody there
    kinds: set[str] = field(default_factory=set)

    def fail(self, provider: str, task: Task, error: MfoError, stand_in: str | None) -> None:
        """One provider did not answer one want."""
        with self.lock:
            if task.is_needed:
                self.kinds.add(type(error).__name__)
                follow = f"{stand_in} was asked instead" if stand_in else "nobody stands in; the last good value stays"
                self.failures[provider, str(error), follow].append(task.want.symbol)
            if stand_in is None:
                self.unanswered.append(task)


class Extractor:
    """The stores that extraction writes to, and the rules of asking."""

    def __init__(
        self,
        *,
        providers: Mapping[str, Provider],
        limits: Mapping[str, Limits],
        ledger: Ledger,
        lake: Lake,
        http: Http,
        clock: Clock,
        run_id: str,
        attempts: int,
        progress: Progress,
    ) -> None:
        self._providers, self._limits, self._ledger, self._lake = providers, limits, ledger, lake
        self._http, self._clock, self._run_id, self._attempts = http, clock, run_id, attempts
        self._progress = progress

    def ask(self, provider: Provider, request: Request) -> list[Row]:
        """
        Send one request, again where that helps, and return the rows of its answer and of the pages that follow it.

        Raises:
            AnswerError, QuotaExhausted: it was not answered; the subclass says why.
            FolderUnusable: the answer could not be kept.
        """
        retrying = Retrying(
            stop=stop_after_attempt(self._attempts),
            wait=lambda state: self._pause(provider, state),
            retry=retry_if_exception_type((ProviderDown, RateLimited)),
            sleep=self._clock.sleep,
            reraise=True,
        )
        rows: list[Row] = []
        asked: set[Request] = set()
        page: Request | None = request
        while page is not None and page not in asked:
            self._clock.sleep(0)  # a stopped run asks for no further page
            asked.add(page)
            _, found, page = retrying(self._exchange, provider, page)
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
        return said * (1 + 0.1 * (hash((self._run_id, state.attempt_number)) % 100) / 100)

    def _exchange(self, provider: Provider, request: Request) -> tuple[Answer, list[Row], Request | None]:
        """
        One request and its answer, kept and read; what proves it is asked for first.

        Returns the request for the page after it too, where the answer says that there is one.
        """
        proven: dict[str, str] = {}
        if request.proof and isinstance(provider, ProvenProvider):
            proven = provider.proof(self._exchange(provider, replace(request, path=request.proof, proof=None))[0])
        limits = self._limits[provider.name]
        sequence = self._ledger.reserve(request, limits, self._run_id)
        asked_at = self._clock.now()
        try:
            reply = self._http.send(provider, request, limits.timeout_s)
        except AnswerError as error:
            self._ledger.close(sequence, type(error).__name__, detail=str(error))
            raise
        headers = reply.headers | proven
        answer = Answer(request, reply.status, headers, reply.body, asked_at, self._clock.now(), sequence, self._run_id)
        self._heed_headers(sequence, reply.headers)
        self._lake.keep(answer)
        try:
            rows, survey = _read(provider, answer)
            following = provider.more(answer) if isinstance(provider, Paged) else None
        except AnswerError as error:
            self._heed(provider, error)
            self._ledger.close(
                sequence, type(error).__name__, detail=str(error), status=reply.status, latency_ms=reply.latency_ms
            )
            raise
        self._ledger.close(
            sequence,
            "ok" if following is None else MORE,
            status=reply.status,
            latency_ms=reply.latency_ms,
            rows=survey.rows,
            newest_at=survey.newest_at,
            detail=spans_text(survey.missing),
        )
        return answer, rows, following

    def _heed_headers(self, sequence: int, headers: Mapping[str, str]) -> None:
        used = [value for name, value in headers.items() if name.startswith("x-mbx-used-weight-")]
        if used and used[0].isdigit():
            self._ledger.weigh(sequence, int(used[0]))

    def _heed(self, provider: Provider, error: AnswerError) -> None:
        """What a refusal means for every process on this data folder."""
        if isinstance(error, DaySpent):
            self._ledger.mark_spent(provider.name, self._limits[provider.name])
        if isinstance(error, RateLimited):
            wait = self._limits[provider.name].rate_limited_wait_s
            self._ledger.block(provider.name, wait if error.retry_after_s is None else error.retry_after_s)

    def run(self, tasks: Sequence[Task], meanwhile: Callable[[], None] = lambda: None) -> Outcome:
        """
        Carry out every task and say what was answered, by whom, and what was left undone.

        `meanwhile` is called once while only the slow quotas are waited for.

        Raises:
            Stopped: Ctrl-C; the requests in flight were kept.
            FolderUnusable: answers cannot be kept; nothing goes on then.
        """
        report, lanes = _Report(), Lanes(self._clock)
        for task in tasks:
            self._progress.expect(task.chain[0], 1)
            lanes.put(task.chain[0], (task, 0))

        def work(name: str, item: tuple[Task, int]) -> None:
            task, position = item
            stand_in = task.chain[position + 1] if position + 1 < len(task.chain) else None
            try:
                self._answer(name, task, report)
            except (AnswerError, QuotaExhausted) as error:
                report.fail(name, task, error, stand_in)
                if stand_in:
                    self._progress.expect(stand_in, 1)
                    lanes.put(stand_in, (task, position + 1))
            self._progress.advance(name, task.want.symbol)

        lanes.run(
            {name: limits.parallel for name, limits in self._limits.items()},
            work,
            meanwhile,
            on_stop=lambda: self._progress.say(STOPPING),
        )
        return _outcome(tasks, report)

    def _answer(self, name: str, task: Task, report: _Report) -> None:
        """Every page of one want from one provider; the first that fails ends it, so that nothing is skipped over."""
        if name in report.refused_keys:
            raise KeyRefused(report.refused_keys[name])
        if len(report.in_a_row[name]) >= GIVEN_UP_AFTER:
            raise ProviderDown(report.in_a_row[name][-1])
        provider = self._providers[name]
        requests = provider.plan(task.want, self._clock.now())
        if not requests:
            raise ProviderDown(f"{name}: does not give {task.want.dataset} of {task.want.symbol}")
        try:
            for request in requests:
                self.ask(provider, request)
        except KeyRefused as error:
            report.refused_keys[name] = _with_variables(error, provider)
            raise KeyRefused(report.refused_keys[name]) from None
        except ProviderDown as error:
            report.in_a_row[name].append(str(error))
            raise
        with report.lock:
            report.answered += 1
            report.in_a_row[name].clear()


def _read(provider: Provider, answer: Answer) -> tuple[list[Row], Survey]:
    """
    What an answer holds; a long table is only looked over here, and read by transform.

    Raises:
        AnswerError: it is not data, or none of its rows can be true.
    """
    provider.inspect(answer)
    if isinstance(provider, ColumnarProvider) and (survey := provider.survey(answer)):
        return [], survey
    rows = some_true(list(provider.parse(answer)), answer)
    return rows, Survey(len(rows), newest(rows, answer.server_time))


def _with_variables(error: KeyRefused, provider: Provider) -> str:
    """What the provider said of the key, and where that key is set."""
    said, credential = str(error), provider.credential
    return said if credential is None or credential.env in said else f"{said}; see {credential.variables}"


def _outcome(tasks: Sequence[Task], report: _Report) -> Outcome:
    undone = tuple(
        f"{error} ({_listed(sorted(set(symbols)))}); {follow}"
        for (_, error, follow), symbols in sorted(report.failures.items())
    )
    line = f"{report.answered} of {len(tasks)} due datasets answered" if tasks else "everything is fresh; nothing asked"
    return Outcome(
        line,
        undone,
        details={
            "due": len(tasks),
            "answered": report.answered,
            "kinds": sorted(report.kinds),
            "unanswered": sorted({f"{t.want.dataset} {t.want.symbol}" for t in report.unanswered if t.is_needed}),
        },
    )


def _listed(symbols: list[str]) -> str:
    return ", ".join(symbols) if len(symbols) <= 6 else f"{', '.join(symbols[:5])} and {len(symbols) - 5} more"


def refuse_where_nothing_came(outcome: Outcome) -> None:
    """
    Return where something was answered, or nothing was due: there is something to publish.

    Raises:
        TryLater: the day's calls are spent.
        DataWrong: what came could not be read.
        SourcesDown: nobody answered anything that was due.
    """
    if not outcome.undone or outcome.details["answered"]:
        return
    kinds = outcome.details["kinds"]
    if kinds in (["DaySpent"], ["QuotaExhausted"], ["DaySpent", "QuotaExhausted"]):
        raise TryLater("nothing published: the day's calls are spent; `mfo status` says when they come back")
    if kinds == ["AnswerUnreadable"]:
        raise DataWrong("nothing published: no answer could be read; all are kept, what was published stands")
    raise SourcesDown("nothing published: no provider answered anything that was due; what was published stands")
