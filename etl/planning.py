"""
What is due: which datasets of which symbols are missing or stale at an instant, of whom to ask them, in what order.

Pure: what was asked before comes in as a function, and nothing is sent. `extract` carries it out, `plan` prices it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from etl.choices import Choice
from etl.domain import (
    ACTIONS,
    CRYPTO_1D,
    CRYPTO_1M,
    CRYPTO_QUOTE,
    EQUITY_DAILY,
    EQUITY_HISTORY,
    EQUITY_QUOTE,
    MACRO,
    ORDER_BOOK,
    SERIES,
    Gap,
    Want,
)
from etl.providers import PROVIDERS
from etl.publication import SERIES as SERIES_FACTS
from etl.sessions import Session
from etl.settings import Settings
from etl.stores.ledger import Good

INTRADAY = frozenset({CRYPTO_1M, ORDER_BOOK})
RANKS = {EQUITY_DAILY: 0, MACRO: 0, CRYPTO_1D: 0, CRYPTO_1M: 1, ORDER_BOOK: 1, EQUITY_HISTORY: 1, ACTIONS: 2, SERIES: 3}
RANKS |= {EQUITY_QUOTE: 4, CRYPTO_QUOTE: 4}
OPTIONAL = frozenset({SERIES, EQUITY_QUOTE, CRYPTO_QUOTE})  # metadata and cross-checks: nothing rests on them
# One chart of Yahoo's holds recent bars and events, so that it answers for the other datasets too.
YAHOO_CHARTS = (EQUITY_DAILY, ACTIONS, EQUITY_HISTORY)
OVERLAP = {"D": timedelta(days=60), "W": timedelta(days=120), "M": timedelta(days=800)}
NEWS, NEVER = timedelta(hours=20), datetime.min.replace(tzinfo=UTC)  # news are asked for once a day
# Minutes between a backfilled span and today that nobody asked for are a backfill's to get, not the daily run's.
LONGEST_HOLE = timedelta(days=45)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
DIMENSIONS = dict.fromkeys(("WALCL", "WTREGEN", "WDTGAL", "RRPONTSYD"), 0)  # whose units must be known first

History = Callable[[str, str], dict[str, Good]]


@dataclass(frozen=True, slots=True)
class Task:
    """One want, the providers to ask for it in order, and why it is due. Only `is_needed` ones make a run partial."""

    want: Want
    chain: tuple[str, ...]
    why: str
    last_good_at: datetime | None = None

    @property
    def is_needed(self) -> bool:
        """Metadata and cross-checks may wait for the next run; everything else that fails is said."""
        return self.want.dataset not in OPTIONAL


def due(
    settings: Settings,
    history: History,
    now: datetime,
    session: Session,
    able: Callable[[str], bool],
    choice: Choice | None = None,
    gaps: Sequence[Gap] = (),
) -> list[Task]:
    """
    Every task that is due at `now`: what the publication needs first, then the `gaps` that are due, the stalest first.

    `session` is the last one that is final at `now`; `able(provider)` says whether it has its key and calls left.
    """
    choice = choice or Choice()
    plan = _Plan(settings, history, now, session, able, choice)
    tasks = [task for dataset, symbol in _subjects(settings, choice) if (task := plan.task(dataset, symbol))]
    tasks.sort(key=lambda task: (RANKS[task.want.dataset], task.last_good_at or NEVER))
    asked = {(task.want.dataset, task.want.symbol): task.want.since for task in tasks}
    tasks += [task for gap in _in_turn(settings, choice, gaps) if (task := plan.again(gap, asked))]
    return _bounded_metadata(tasks, settings, history, now)


def _subjects(settings: Settings, choice: Choice) -> Iterable[tuple[str, str]]:
    """(dataset, symbol) pairs that the universe wants; history before the days that it covers."""
    universe = settings.universe
    pairs = [
        (dataset, symbol)
        for symbol in universe.symbols()
        for dataset in (
            (CRYPTO_1D, CRYPTO_1M, ORDER_BOOK, CRYPTO_QUOTE)
            if universe.is_crypto(symbol)
            else (EQUITY_HISTORY, EQUITY_DAILY, ACTIONS, EQUITY_QUOTE)
        )
    ] + [(dataset, series_id) for series_id in universe.series for dataset in (MACRO, SERIES)]
    for dataset, symbol in pairs:
        if (choice.datasets is None or dataset in choice.datasets) and (
            choice.symbols is None or symbol in choice.symbols
        ):
            yield dataset, symbol


def _in_turn(settings: Settings, choice: Choice, gaps: Sequence[Gap]) -> list[Gap]:
    """The gaps that this run asks for: of the universe, the one that was asked for longest ago first."""
    wanted = set(_subjects(settings, choice))
    found = sorted(gaps, key=lambda gap: (gap.last_asked_at or NEVER, gap.from_at, gap.symbol))
    return [gap for gap in found if (gap.dataset, gap.symbol) in wanted][: settings.tables.extract.gaps_per_run]


def _bounded_metadata(tasks: list[Task], settings: Settings, history: History, now: datetime) -> list[Task]:
    """At most so many metadata calls a day, the series whose units matter first."""
    found = (task for task in tasks if task.want.dataset == SERIES)
    metadata = sorted(found, key=lambda task: DIMENSIONS.get(task.want.symbol, 1))
    today = [g for s in settings.universe.series for g in history(SERIES, s).values() if now - g.answered_at < DAY]
    left = max(0, settings.tables.extract.series_per_day - len(today))
    return [task for task in tasks if task.want.dataset != SERIES] + metadata[:left]


class _Plan:
    """The rules of what is due, one method for each kind of dataset."""

    def __init__(
        self,
        settings: Settings,
        history: History,
        now: datetime,
        session: Session,
        able: Callable[[str], bool],
        choice: Choice,
    ) -> None:
        self._settings, self._now, self._session, self._choice = settings, now, session, choice
        self._history, self._able = history, able
        self._asked_yahoo: set[str] = set()  # symbols whose chart this very plan asks for
        self._rules: Mapping[str, Callable[[str, str, tuple[str, ...]], tuple[datetime | None, str] | None]] = {
            EQUITY_HISTORY: self._history_once,
            EQUITY_DAILY: self._sessions,
            ACTIONS: self._sessions,
            MACRO: self._macro,
            SERIES: self._series,
            CRYPTO_1M: self._candles,
            CRYPTO_1D: self._candles,
            ORDER_BOOK: self._book,
            EQUITY_QUOTE: self._quote,
            CRYPTO_QUOTE: self._quote,
        }

    def _is_asked(self, name: str) -> bool:
        return self._able(name) and self._choice.provider in (None, name)

    def task(self, dataset: str, symbol: str) -> Task | None:
        """The task for one dataset of one symbol, None where nothing is due or nobody can be asked."""
        chain = tuple(name for name in self._settings.chain(dataset) if self._is_asked(name))
        if not chain or (chain[0] == "yahoo" and dataset in YAHOO_CHARTS and symbol in self._asked_yahoo):
            return None
        found = self._rules[dataset](dataset, symbol, chain)
        if found is None:
            return None
        if chain[0] == "yahoo":
            self._asked_yahoo.add(symbol)
        last = max((g.answered_at for g in self._history(dataset, symbol).values()), default=None)
        return Task(Want(dataset, symbol, self._choice.since or found[0]), chain, found[1], last)

    def again(self, gap: Gap, asked: Mapping[tuple[str, str], datetime | None]) -> Task | None:
        """The task for one gap, None where nobody can be asked or a task of this plan speaks of all of it anyway."""
        dataset = EQUITY_HISTORY if gap.dataset == EQUITY_DAILY else gap.dataset  # of others than who has it not
        chain = tuple(name for name in self._settings.chain(dataset) if self._is_asked(name))
        since = asked.get((dataset, gap.symbol), gap.to_at)
        if not chain or since is None or since <= gap.from_at:
            return None
        if gap.last_asked_at is None and gap.dataset == CRYPTO_1M and gap.to_at - gap.from_at > LONGEST_HOLE:
            return None
        why = "a gap, asked for again" if gap.last_asked_at else "a gap that no good answer has spoken of"
        return Task(Want(dataset, gap.symbol, gap.from_at, gap.to_at), chain, why, gap.last_asked_at)

    def _history_once(self, dataset: str, symbol: str, _chain: tuple[str, ...]) -> tuple[datetime | None, str] | None:
        if self._history(dataset, symbol) and not (self._choice.force or self._choice.since):
            return None
        return _midnight(self._settings.tables.extract.history_from), "no history yet"

    def _sessions(self, dataset: str, symbol: str, chain: tuple[str, ...]) -> tuple[datetime | None, str] | None:
        good = dict(self._history(dataset, symbol))
        if "yahoo" in chain:
            charts = [g for d in YAHOO_CHARTS if (g := self._history(d, symbol).get("yahoo"))]
            if charts:
                good["yahoo"] = max(charts, key=lambda g: g.answered_at)
        last = good.get(chain[0])
        since = self._now - timedelta(days=92)
        if last is None or self._choice.force:
            return since, "never asked" if last is None else "forced"
        if last.answered_at < self._session.ready_at:
            return since, f"the session of {self._session.trade_date} closed since"
        has_it = last.newest_at is not None and last.newest_at.date() >= self._session.trade_date
        again = timedelta(hours=self._settings.tables.extract.late_again_hours)
        if dataset == EQUITY_DAILY and not has_it and self._now - last.answered_at >= again:
            return since, f"the session of {self._session.trade_date} was not out yet"
        return None

    def _macro(self, dataset: str, symbol: str, _chain: tuple[str, ...]) -> tuple[datetime | None, str] | None:
        good = self._history(dataset, symbol).values()
        fresh = timedelta(hours=self._settings.tables.extract.macro_fresh_hours)
        if any(self._now - g.answered_at < fresh for g in good) and not self._choice.force:
            return None
        newest = max((g.newest_at for g in good if g.newest_at), default=None)
        if newest is None:
            return _midnight(self._settings.tables.extract.macro_from), "no observation yet"
        facts = SERIES_FACTS.get(symbol)
        if (facts is None or facts.is_revised) and self._was_revised(symbol, good):
            return _midnight(
                self._settings.tables.extract.macro_from
            ), "revised at its source since it was read in full"
        return newest - OVERLAP.get(facts.frequency if facts else "M", OVERLAP["M"]), "read again with an overlap"

    def _was_revised(self, symbol: str, good: Iterable[Good]) -> bool:
        """By the source's own `last_updated`; where nobody gives that, a full reading is good for some weeks."""
        full = max((g.all_at for g in good if g.all_at), default=NEVER)
        updated = max((g.newest_at for g in self._history(SERIES, symbol).values() if g.newest_at), default=None)
        again = full + timedelta(days=self._settings.tables.extract.series_fresh_days)
        return updated > full if updated else again <= self._now

    def _series(self, dataset: str, symbol: str, _chain: tuple[str, ...]) -> tuple[datetime | None, str] | None:
        good, facts = self._history(dataset, symbol).values(), SERIES_FACTS.get(symbol)
        fresh = timedelta(days=self._settings.tables.extract.series_fresh_days)
        fresh = min(fresh, NEWS) if facts is None or facts.is_revised else fresh
        if any(self._now - g.answered_at < fresh for g in good):
            return None
        return None, "whether it was revised" if good else "its units are not known yet"

    def _candles(self, dataset: str, symbol: str, chain: tuple[str, ...]) -> tuple[datetime | None, str] | None:
        step = MINUTE if dataset == CRYPTO_1M else DAY
        good = self._history(dataset, symbol)
        asked = max((g.answered_at for g in good.values()), default=None)
        # what a stand-in gave is asked of the first source again when that is back
        newest = good[chain[0]].newest_at if chain[0] in good else None
        # a candle that has closed since the last answer is due; one that the source had not then, after a while
        last_closed = _floor(self._now, step) - step
        if newest is not None and newest >= last_closed and not self._choice.force:
            return None
        patience = MINUTE if dataset == CRYPTO_1M else timedelta(hours=self._settings.tables.extract.late_again_hours)
        if asked is not None and self._now - asked < patience and not self._choice.force:
            return None
        if newest is not None:
            return (newest, "forced") if self._choice.force else (newest + step, "candles closed since")
        extract = self._settings.tables.extract
        first = _floor(self._now - timedelta(days=extract.crypto_minutes_days), MINUTE)
        return (first if dataset == CRYPTO_1M else _midnight(extract.crypto_daily_from)), "no candle yet"

    def _book(self, dataset: str, symbol: str, _chain: tuple[str, ...]) -> tuple[datetime | None, str] | None:
        fresh = timedelta(minutes=self._settings.tables.extract.order_book_fresh_minutes)
        good = self._history(dataset, symbol).values()
        if any(self._now - g.answered_at < fresh for g in good) and not self._choice.force:
            return None
        return None, "a snapshot is taken each run"

    def _quote(self, dataset: str, symbol: str, chain: tuple[str, ...]) -> tuple[datetime | None, str] | None:
        if not PROVIDERS[chain[0]].plan(Want(dataset, symbol), self._now):
            return None  # a coin that nobody here knows by its id
        closed = self._session.ready_at if dataset == EQUITY_QUOTE else _floor(self._now, DAY)
        good = self._history(dataset, symbol).values()
        if any(g.answered_at >= closed for g in good) and not self._choice.force:
            return None
        return None, "a close to compare with"


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _floor(instant: datetime, step: timedelta) -> datetime:
    return instant - (instant - NEVER) % step
