"""
What is due: which datasets of which symbols are missing or stale at an instant, of whom to ask them, in what order.

Pure: what was asked before comes in as a function, and nothing is sent. `extract` carries it out, `plan` prices it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

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
    Want,
)
from etl.errors import SettingsWrong, UsageWrong
from etl.providers import PROVIDERS
from etl.publication import SERIES as SERIES_FACTS
from etl.sessions import Session
from etl.settings import CHAINS, Settings, parse_instant
from etl.stores.ledger import Good

INTRADAY = frozenset({CRYPTO_1M, ORDER_BOOK})
RANKS = {EQUITY_DAILY: 0, MACRO: 0, CRYPTO_1D: 0, CRYPTO_1M: 1, ORDER_BOOK: 1, EQUITY_HISTORY: 1, ACTIONS: 2, SERIES: 3}
RANKS |= {EQUITY_QUOTE: 4, CRYPTO_QUOTE: 4}
OPTIONAL = frozenset({SERIES, EQUITY_QUOTE, CRYPTO_QUOTE})  # metadata and cross-checks: nothing rests on them
# One chart of Yahoo's holds recent bars and events, so that it answers for the other datasets too.
YAHOO_CHARTS = (EQUITY_DAILY, ACTIONS, EQUITY_HISTORY)
OVERLAP = {"D": timedelta(days=60), "W": timedelta(days=120), "M": timedelta(days=800)}
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
DIMENSIONS = {"WALCL": 0, "WTREGEN": 0, "WDTGAL": 0, "RRPONTSYD": 0}  # whose units must be known first

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


@dataclass(frozen=True, slots=True)
class Choice:
    """What the command line narrows a plan to. None is everything."""

    datasets: frozenset[str] | None = None
    provider: str | None = None
    symbols: frozenset[str] | None = None
    since: datetime | None = None
    force: bool = False


def check_names(settings: Settings) -> None:
    """
    Refuse chains, limits and watchlists that name no such dataset, provider or symbol.

    Raises:
        SettingsWrong: names the key and what is allowed.
    """
    where = settings.source
    for dataset, names in settings.tables.chains.items():
        if dataset not in CHAINS:
            raise SettingsWrong(f"{where}: chains.{dataset}: unknown dataset; allowed: {', '.join(CHAINS)}")
        able = [p.name for p in PROVIDERS.values() if dataset in p.datasets]
        for name in names:
            if name not in able:
                raise SettingsWrong(f"{where}: chains.{dataset}: {name!r} cannot give it; allowed: {', '.join(able)}")
    for name in settings.tables.limits:
        if name not in PROVIDERS:
            raise SettingsWrong(f"{where}: limits.{name}: unknown provider; allowed: {', '.join(PROVIDERS)}")
    known = {*settings.universe.symbols(), *settings.universe.series}
    for name, symbols in settings.tables.watchlists.items():
        for symbol in symbols:
            if symbol not in known:
                raise SettingsWrong(f"{where}: watchlists.{name}: {symbol!r} is not in the universe")


def choice_of(
    settings: Settings,
    only: str | None = None,
    symbols: Sequence[str] = (),
    since: str | None = None,
    *,
    datasets: frozenset[str] | None = None,
    force: bool = False,
) -> Choice:
    """
    The command line's words as a choice; symbols may be series or watchlists.

    Raises:
        UsageWrong: no such provider or symbol, or `since` is not a date.
    """
    if only and only not in PROVIDERS:
        raise UsageWrong(f"--only: no provider {only!r}; allowed: {', '.join(PROVIDERS)}")
    named = frozenset(symbol for name in symbols for symbol in settings.symbols_named(name))
    first = _midnight(parse_instant(since, "--since").date()) if since else None
    return Choice(datasets, only, named or None, first, force or first is not None)


def due(
    settings: Settings,
    history: History,
    now: datetime,
    session: Session,
    able: Callable[[str], bool],
    choice: Choice | None = None,
) -> list[Task]:
    """
    Every task that is due at `now`: what the publication needs first, and there the stalest first.

    `session` is the last one that is final at `now`; `able(provider)` says whether it has its key and calls left.
    """
    choice = choice or Choice()
    plan = _Plan(settings, history, now, session, able, choice)
    tasks = [task for dataset, symbol in _subjects(settings, choice) if (task := plan.task(dataset, symbol))]
    never = datetime.min.replace(tzinfo=UTC)
    tasks.sort(key=lambda task: (RANKS[task.want.dataset], task.last_good_at or never))
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


def _bounded_metadata(tasks: list[Task], settings: Settings, history: History, now: datetime) -> list[Task]:
    """At most so many metadata calls a day, the series whose units matter first."""
    metadata = [task for task in tasks if task.want.dataset == SERIES]
    metadata.sort(key=lambda task: DIMENSIONS.get(task.want.symbol, 1))
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

    def task(self, dataset: str, symbol: str) -> Task | None:
        """The task for one dataset of one symbol, None where nothing is due or nobody can be asked."""
        chain = tuple(name for name in self._settings.chain(dataset) if self._able(name))
        if self._choice.provider:
            chain = tuple(name for name in chain if name == self._choice.provider)
        if not chain or (chain[0] == "yahoo" and dataset in YAHOO_CHARTS and symbol in self._asked_yahoo):
            return None
        found = self._rules[dataset](dataset, symbol, chain)
        if found is None:
            return None
        if chain[0] == "yahoo":
            self._asked_yahoo.add(symbol)
        since, why = found
        good = self._history(dataset, symbol)
        last = max((g.answered_at for g in good.values()), default=None)
        return Task(Want(dataset, symbol, self._choice.since or since), chain, why, last)

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
        return newest - OVERLAP.get(facts.frequency if facts else "M", OVERLAP["M"]), "read again with an overlap"

    def _series(self, dataset: str, symbol: str, _chain: tuple[str, ...]) -> tuple[datetime | None, str] | None:
        fresh = timedelta(days=self._settings.tables.extract.series_fresh_days)
        if any(self._now - g.answered_at < fresh for g in self._history(dataset, symbol).values()):
            return None
        return None, "its units are not known yet"

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
    return instant - (instant - datetime.min.replace(tzinfo=UTC)) % step
