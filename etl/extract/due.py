"""
When a dataset of one symbol is due, and from when on it is asked for: one rule for each kind of dataset.

Pure: what was asked before comes in as a function.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta

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
)
from etl.extract.selection import Selection
from etl.market.releases import MACRO_SERIES as SERIES_FACTS
from etl.market.sessions import Session
from etl.providers import PROVIDERS
from etl.state.request_ledger import LastSuccess

# One chart of Yahoo's holds recent bars and events, so that it answers for the other datasets too.
# Weeks in place of days: something to look at (marts.weekly_prices), never a day, so that days are still wanted.
COARSER = {EQUITY_HISTORY: "alpha_vantage"}
OVERLAP = {"D": timedelta(days=60), "W": timedelta(days=120), "M": timedelta(days=800)}
NEWS, NEVER = timedelta(hours=20), datetime.min.replace(tzinfo=UTC)  # news are asked for once a day
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
LAST_WEEKS = timedelta(days=30)  # of bars of five minutes, after a long time off

LastSuccesses = Callable[[str, str], dict[str, LastSuccess]]
Due = tuple[datetime | None, str]


class DueRules:
    """The rules, each from what was asked before: (asked for from when on, why), or None where nothing is due."""

    def __init__(
        self, settings: Settings, history: LastSuccesses, now: datetime, session: Session, choice: Selection
    ) -> None:
        self._settings, self._history, self._now = settings, history, now
        self._session, self._choice = session, choice
        self._rules: Mapping[str, Callable[[str, str, tuple[str, ...]], Due | None]] = {
            EQUITY_HISTORY: self._history_once,
            EQUITY_DAILY: self._sessions,
            EQUITY_INTRADAY: self._five_minutes,
            ACTIONS: self._sessions,
            MACRO: self._macro,
            SERIES_METADATA: self._series,
            CRYPTO_1M: self._candles,
            CRYPTO_1D: self._candles,
            ORDER_BOOK: self._book,
            EQUITY_QUOTE: self._quote,
            CRYPTO_QUOTE: self._quote,
        }

    def since(self, dataset: str, symbol: str, chain: tuple[str, ...]) -> Due | None:
        """From when on one dataset of one symbol is asked for of a chain, and why; None where it is not due."""
        return self._rules[dataset](dataset, symbol, chain)

    def _history_once(self, dataset: str, symbol: str, _chain: tuple[str, ...]) -> Due | None:
        held = [name for name in self._history(dataset, symbol) if name != COARSER.get(dataset)]
        if held and not (self._choice.force or self._choice.since):
            return None
        return _midnight(self._settings.tables.extract.history_from), "no history yet"

    def _sessions(self, dataset: str, symbol: str, chain: tuple[str, ...]) -> Due | None:
        good = dict(self._history(dataset, symbol))
        for name in chain:
            shared = [g for d in PROVIDERS[name].datasets_together if (g := self._history(d, symbol).get(name))]
            if shared:
                good[name] = max(shared, key=lambda g: g.answered_at)
        last = good.get(chain[0])
        since = self._now - timedelta(days=92)
        known = [g.newest_at for g in good.values() if g.newest_at]
        if known:  # after a long time off, bars, splits and dividends from the last that is known on
            since = min(since, _floor(max(known), DAY))
        if last is None or self._choice.force:
            return since, "never asked" if last is None else "forced"
        if last.answered_at < self._session.ready_at:
            return since, f"the session of {self._session.trade_date} closed since"
        has_it = last.newest_at is not None and last.newest_at.date() >= self._session.trade_date
        again = timedelta(hours=self._settings.tables.extract.late_again_hours)
        if dataset == EQUITY_DAILY and not has_it and self._now - last.answered_at >= again:
            return since, f"the session of {self._session.trade_date} was not out yet"
        return None

    def _macro(self, dataset: str, symbol: str, _chain: tuple[str, ...]) -> Due | None:
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

    def _was_revised(self, symbol: str, good: Iterable[LastSuccess]) -> bool:
        """By the source's own `last_updated`; where nobody gives that, a full reading is good for some weeks."""
        full = max((g.all_at for g in good if g.all_at), default=NEVER)
        updated = max(
            (g.newest_at for g in self._history(SERIES_METADATA, symbol).values() if g.newest_at), default=None
        )
        again = full + timedelta(days=self._settings.tables.extract.series_fresh_days)
        return updated > full if updated else again <= self._now

    def _series(self, dataset: str, symbol: str, _chain: tuple[str, ...]) -> Due | None:
        good, facts = self._history(dataset, symbol).values(), SERIES_FACTS.get(symbol)
        fresh = timedelta(days=self._settings.tables.extract.series_fresh_days)
        fresh = min(fresh, NEWS) if facts is None or facts.is_revised else fresh
        if any(self._now - g.answered_at < fresh for g in good):
            return None
        return None, "whether it was revised" if good else "its units are not known yet"

    def _candles(self, dataset: str, symbol: str, chain: tuple[str, ...]) -> Due | None:
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

    def _book(self, dataset: str, symbol: str, _chain: tuple[str, ...]) -> Due | None:
        fresh = timedelta(minutes=self._settings.tables.extract.order_book_fresh_minutes)
        good = self._history(dataset, symbol).values()
        if any(self._now - g.answered_at < fresh for g in good) and not self._choice.force:
            return None
        return None, "a snapshot is taken each run"

    def _five_minutes(self, dataset: str, symbol: str, _chain: tuple[str, ...]) -> Due | None:
        good = self._history(dataset, symbol).values()
        if any(g.answered_at >= self._session.ready_at for g in good) and not self._choice.force:
            return None
        newest = max((g.newest_at for g in good if g.newest_at), default=self._session.opened_at)
        since = max(min(newest, self._session.opened_at), self._now - LAST_WEEKS)
        return since, "a session to compare with its daily bar"

    def _quote(self, dataset: str, symbol: str, chain: tuple[str, ...]) -> Due | None:
        closed = self._session.ready_at if dataset == EQUITY_QUOTE else _floor(self._now, DAY)
        good = self._history(dataset, symbol).values()
        if any(g.answered_at >= closed for g in good) and not self._choice.force:
            return None
        return None, "a close to compare with"


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _floor(instant: datetime, step: timedelta) -> datetime:
    return instant - (instant - NEVER) % step
