"""
What is due: which datasets of which symbols are missing or stale at an instant, of whom to ask them, in what order.

Pure: what was asked before comes in as a function, and nothing is sent. `extract` carries it out, `plan` prices it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from etl.config.settings import Settings
from etl.domain import (
    ACTIONS,
    CRYPTO_1D,
    CRYPTO_1M,
    CRYPTO_QUOTE,
    EQUITY_DAILY,
    EQUITY_HISTORY,
    EQUITY_INTRADAY,
    EQUITY_QUOTE,
    MACRO,
    ORDER_BOOK,
    SERIES_METADATA,
    DataRequest,
    Gap,
)
from etl.extract.due import COARSER, DAY, NEVER, NEWS, DueRules, LastSuccesses
from etl.extract.selection import Selection
from etl.market.sessions import Session
from etl.providers import PROVIDERS

INTRADAY = frozenset({CRYPTO_1M, ORDER_BOOK})
RANKS = {
    EQUITY_DAILY: 0,
    MACRO: 0,
    CRYPTO_1D: 0,
    CRYPTO_1M: 1,
    ORDER_BOOK: 1,
    EQUITY_HISTORY: 1,
    ACTIONS: 2,
    SERIES_METADATA: 3,
}
RANKS |= {EQUITY_QUOTE: 4, CRYPTO_QUOTE: 4, EQUITY_INTRADAY: 4}
# metadata and cross-checks: nothing rests on them
OPTIONAL = frozenset({SERIES_METADATA, EQUITY_QUOTE, CRYPTO_QUOTE, EQUITY_INTRADAY})
# What stands in at the cost of the calls that sessions need is asked at most once in so long for each symbol.
SPARED = {
    (EQUITY_HISTORY, "alpha_vantage"): timedelta(days=30),
    (MACRO, "alpha_vantage"): NEWS,
    (CRYPTO_1D, "alpha_vantage"): NEWS,
}
A_FEW_DAYS = timedelta(days=3)  # of anything: whether a provider gives it at all


@dataclass(frozen=True, slots=True)
class Task:
    """One want, the providers to ask for it in order, and why it is due. Only `is_needed` ones make a run partial."""

    want: DataRequest
    chain: tuple[str, ...]
    why: str
    last_good_at: datetime | None = None

    @property
    def is_needed(self) -> bool:
        """Metadata and cross-checks may wait for the next run; everything else that fails is said."""
        return self.want.dataset not in OPTIONAL


def due(
    settings: Settings,
    history: LastSuccesses,
    now: datetime,
    session: Session,
    able: Callable[[str], bool],
    choice: Selection | None = None,
    gaps: Sequence[Gap] = (),
) -> list[Task]:
    """
    Every task that is due at `now`: what the publication needs first, then the `gaps` that are due, the stalest first.

    `session` is the last one that is final at `now`; `able(provider)` says whether it has its key and calls left.
    """
    choice = choice or Selection()
    plan = _Plan(settings, history, now, session, able, choice)
    tasks = [task for dataset, symbol in _subjects(settings, choice) if (task := plan.task(dataset, symbol))]
    tasks.sort(key=lambda task: (RANKS[task.want.dataset], task.last_good_at or NEVER))
    asked = {(task.want.dataset, task.want.symbol): task.want.since for task in tasks}
    tasks += [task for gap in _in_turn(settings, choice, gaps) if (task := plan.again(gap, asked))]
    return _bounded_metadata(tasks, settings, history, now)


def _subjects(settings: Settings, choice: Selection) -> Iterable[tuple[str, str]]:
    """(dataset, symbol) pairs that the universe wants; history before the days that it covers."""
    universe = settings.universe
    pairs = [
        (dataset, symbol)
        for symbol in universe.symbols()
        for dataset in (
            (CRYPTO_1D, CRYPTO_1M, ORDER_BOOK, CRYPTO_QUOTE)
            if universe.is_crypto(symbol)
            else (EQUITY_HISTORY, EQUITY_DAILY, ACTIONS, EQUITY_QUOTE, EQUITY_INTRADAY)
        )
    ] + [(dataset, series_id) for series_id in universe.series for dataset in (MACRO, SERIES_METADATA)]
    for dataset, symbol in pairs:
        if (choice.datasets is None or dataset in choice.datasets) and (
            choice.symbols is None or symbol in choice.symbols
        ):
            yield dataset, symbol


def _in_turn(settings: Settings, choice: Selection, gaps: Sequence[Gap]) -> list[Gap]:
    """The gaps that this run asks for: of the universe, the one that was asked for longest ago first."""
    wanted = set(_subjects(settings, choice))
    found = sorted(gaps, key=lambda gap: (gap.last_asked_at or NEVER, gap.from_at, gap.symbol))
    return [gap for gap in found if (gap.dataset, gap.symbol) in wanted][: settings.tables.extract.gaps_per_run]


def _bounded_metadata(tasks: list[Task], settings: Settings, history: LastSuccesses, now: datetime) -> list[Task]:
    """At most so many metadata calls a day, beside those that are made to prove observations anyway."""
    macro = [task for task in tasks if task.want.dataset == MACRO]
    proofs = [request.proof for task in macro for request in PROVIDERS[task.chain[0]].plan(task.want, now)]
    described = {proof.symbol for proof in proofs if proof}
    metadata = [task for task in tasks if task.want.dataset == SERIES_METADATA and task.want.symbol not in described]
    today = [
        g for s in settings.universe.series for g in history(SERIES_METADATA, s).values() if now - g.answered_at < DAY
    ]
    left = max(0, settings.tables.extract.series_per_day - len(today))
    return [task for task in tasks if task.want.dataset != SERIES_METADATA] + metadata[:left]


class _Plan:
    """Whom to ask for what, and the gaps that nothing else speaks of."""

    def __init__(
        self,
        settings: Settings,
        history: LastSuccesses,
        now: datetime,
        session: Session,
        able: Callable[[str], bool],
        choice: Selection,
    ) -> None:
        self._settings, self._now, self._choice = settings, now, choice
        self._history, self._able = history, able
        self._rules = DueRules(settings, history, now, session, choice)
        self._asked_together: set[tuple[str, str]] = set()  # (provider, symbol) of which one response gives all

    def _chain(self, dataset: str, symbol: str) -> tuple[str, ...]:
        """Who is asked, in order: has its key, gives this symbol at all, and was not asked lately at the day's cost."""
        want = DataRequest(dataset, symbol, self._now - A_FEW_DAYS)
        names = [
            name
            for name in self._settings.chain(dataset)
            if self._able(name)
            and self._choice.provider in (None, name)
            and PROVIDERS[name].plan(want, self._now)
            and not self._is_spared(name, dataset, symbol)
        ]
        return tuple(names)

    def _is_spared(self, name: str, dataset: str, symbol: str) -> bool:
        again = SPARED.get((dataset, name))
        good = self._history(dataset, symbol).get(name)
        if again is None or good is None or name in (self._choice.provider, self._settings.chain(dataset)[0]):
            return False
        return self._now - good.answered_at < again

    def task(self, dataset: str, symbol: str) -> Task | None:
        """The task for one dataset of one symbol, None where nothing is due or nobody can be asked."""
        chain = self._chain(dataset, symbol)
        if not chain:
            return None
        is_together = dataset in PROVIDERS[chain[0]].datasets_together
        if is_together and (chain[0], symbol) in self._asked_together:
            return None
        found = self._rules.since(dataset, symbol, chain)
        if found is None:
            return None
        if is_together:
            self._asked_together.add((chain[0], symbol))
        last = max((g.answered_at for g in self._history(dataset, symbol).values()), default=None)
        return Task(DataRequest(dataset, symbol, self._choice.since or found[0]), chain, found[1], last)

    def again(self, gap: Gap, asked: Mapping[tuple[str, str], datetime | None]) -> Task | None:
        """The task for one gap, None where nobody can be asked or a task of this plan speaks of all of it anyway."""
        dataset = EQUITY_HISTORY if gap.dataset == EQUITY_DAILY else gap.dataset  # of others than who has it not
        chain = tuple(name for name in self._chain(dataset, gap.symbol) if name != COARSER.get(dataset))
        since = asked.get((dataset, gap.symbol), gap.to_at)
        if not chain or since is None or since <= gap.from_at:
            return None
        why = "a gap, asked for again" if gap.last_asked_at else "a gap that no good answer has spoken of"
        return Task(DataRequest(dataset, gap.symbol, gap.from_at, gap.to_at), chain, why, gap.last_asked_at)
