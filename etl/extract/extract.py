"""
extract: ask for what is due, side by side by provider, and keep every answer.

Each provider is a lane of its own, so that a run takes as long as the slowest quota and not the sum. A want whose
provider is spent, down or refuses goes on to the next provider of its chain; the sidecar says who answered.
"""

import threading
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

from etl.domain import Limits, Outcome, Provider
from etl.errors import (
    DataWrong,
    KeyRefused,
    LedgerQuotaExhausted,
    MfoError,
    ProviderDown,
    ProviderRefused,
    ResponseError,
    SourcesDown,
    TryLater,
)
from etl.extract.fetcher import Fetcher
from etl.extract.planner import Task
from etl.extract.worker_pool import STOPPING, Progress, ProviderPool
from etl.runtime.clock import Clock

_GIVEN_UP_AFTER = (
    2  # wants in a row that found nobody there, each asked several times: the rest of the run does without
)


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


@dataclass
class _Turn:
    """A want at one place of its chain; `left` requests of it have not been sent, pages that follow not counted."""

    task: Task
    position: int
    left: int


class Extractor:
    """Whom extraction may ask, with what, and who is told how far it is."""

    def __init__(
        self,
        *,
        providers: Mapping[str, Provider],
        limits: Mapping[str, Limits],
        asker: Fetcher,
        clock: Clock,
        progress: Progress,
    ) -> None:
        self._providers, self._limits, self._asker = providers, limits, asker
        self._clock, self._progress = clock, progress

    def run(self, tasks: Sequence[Task], meanwhile: Callable[[], None] = lambda: None) -> Outcome:
        """
        Carry out every task and say what was answered, by whom, and what was left undone.

        `meanwhile` is called once while only the slow quotas are waited for.

        Raises:
            Stopped: Ctrl-C; the requests in flight were kept.
            FolderUnusable: answers cannot be kept; nothing goes on then.
        """
        report, lanes = _Report(), ProviderPool(self._clock)

        def put(name: str, task: Task, position: int) -> None:
            calls = len(self._providers[name].plan(task.want, self._clock.now()))
            self._progress.expect(name, calls)
            lanes.put(name, _Turn(task, position, calls))

        for task in tasks:
            put(task.chain[0], task, 0)

        def work(name: str, turn: _Turn) -> None:
            task, position = turn.task, turn.position
            try:
                self._answer(name, turn, report)
            except (ResponseError, LedgerQuotaExhausted) as error:
                stand_in = _stand_in(turn, error)
                report.fail(name, task, error, stand_in)
                if stand_in:
                    put(stand_in, task, position + 1)
            finally:
                self._progress.expect(name, -turn.left)

        lanes.run(
            {name: limits.parallel for name, limits in self._limits.items()},
            work,
            meanwhile,
            on_stop=lambda: self._progress.say(STOPPING),
        )
        return _outcome(tasks, report)

    def _answer(self, name: str, turn: _Turn, report: _Report) -> None:
        """Every page of one want from one provider; the first that fails ends it, so that nothing is skipped over."""
        if name in report.refused_keys:
            raise KeyRefused(report.refused_keys[name])
        if len(report.in_a_row[name]) >= _GIVEN_UP_AFTER:
            raise ProviderDown(report.in_a_row[name][-1])
        provider = self._providers[name]
        want = turn.task.want
        requests = provider.plan(want, self._clock.now())
        if not requests:
            raise ProviderDown(f"{name}: does not give {want.dataset} of {want.symbol}")
        try:
            for request in requests:
                turn.left -= 1
                try:
                    self._asker.ask(provider, request)
                finally:
                    self._progress.advance(name, want.symbol)
        except KeyRefused as error:
            report.refused_keys[name] = _with_variables(error, provider)
            raise KeyRefused(report.refused_keys[name]) from None
        except ProviderDown as error:
            report.in_a_row[name].append(str(error))
            raise
        with report.lock:
            report.answered += 1
            report.in_a_row[name].clear()


def _stand_in(turn: _Turn, error: MfoError) -> str | None:
    """Who is asked next of a want's chain; None where it is the last, or the others would serve the same."""
    left = turn.task.chain[turn.position + 1 :]
    return left[0] if left and not (isinstance(error, ProviderRefused) and not error.has_stand_in) else None


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
    kinds = set(cast("list[str]", outcome.details["kinds"]))
    if kinds and kinds <= {"LedgerQuotaExhausted", "ProviderQuotaExhausted"}:
        raise TryLater("nothing published: the day's calls are spent; `mfo status` says when they come back")
    if kinds == {"ResponseUnreadable"}:
        raise DataWrong("nothing published: no answer could be read; all are kept, what was published stands")
    raise SourcesDown("nothing published: no provider answered anything that was due; what was published stands")
