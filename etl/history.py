"""
The order of a backfill: fetch without the run lock, then load and publish what came, under it.

    price: what it would ask (`mfo plan --backfill`)    fetch -> transform -> load -> check -> publish -> export

The daily run goes first: backfill leaves the last calls of a day-limited provider to it (`reserve` in `[limits.*]`),
and where a run holds the lock when the fetching is done, that run or the next one loads what came.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from etl import backlog, catalogue, choices, overview, pipeline, steps
from etl.backlog import History
from etl.domain import Limits, Outcome, Want
from etl.errors import RunLocked
from etl.observatory import Observatory, run
from etl.planning import Task
from etl.providers import PROVIDERS
from etl.stages import plan
from etl.stages.backfill import Backfiller
from etl.stages.extract import refuse_where_nothing_came


@dataclass(frozen=True, slots=True)
class Choice:
    """What the command line says of a backfill."""

    name: str | None
    interval: str | None
    since: str
    until: str | None
    only: str | None


def priced(o: Observatory, choice: Choice, *, force: bool) -> tuple[list[dict[str, Any]], list[str]]:
    """A backfill, or the next run where none is named, before one call is made: rows, and the same for people."""
    if choice.name:
        rows = _price(o, choice)
        return rows, backlog.priced_lines(rows)
    rows = overview.priced(o, choices.choice_of(o.settings, force=force))
    return rows, plan.lines(rows)


def _price(o: Observatory, choice: Choice) -> list[dict[str, Any]]:
    """In calls, weight, seconds and days."""
    limits = catalogue.limits_of(o.settings)
    asked = []
    for history in _wanted(o, choice):
        if history.is_crypto:
            spans = backlog.still_missing(history, o.ledger.answered(history.dataset, history.symbol))
            asked += backlog.requests(history, spans, o.clock.now(), frozenset())
        elif history.chain:
            asked += PROVIDERS[history.chain[0]].plan(_want(history), _until(history))
    used = {name: o.ledger.used_today(name, limit) for name, limit in limits.items()}
    return backlog.price(asked, limits, used)


def backfill(o: Observatory, choice: Choice) -> int:
    """Fetch a history, then load and publish it; the exit code."""
    histories = _wanted(o, choice)
    with run(o, "backfill", locked=False):
        limits = _beyond_the_reserve(catalogue.limits_of(o.settings))
        candles = [history for history in histories if history.is_crypto]
        tasks = [Task(_want(h), h.chain, "its history was asked for") for h in histories if not h.is_crypto]
        with o.terminal:
            outcome = Outcome("nothing asked", details={"answered": 1, "kinds": []})
            if candles:
                backfiller = Backfiller(
                    ask=o.asker(limits).ask,
                    limits=catalogue.limits_of(o.settings),
                    ledger=o.ledger,
                    clock=o.clock,
                    progress=o.terminal,
                )
                outcome = backfiller.run(candles)
            if tasks:
                outcome = steps.extractor(o, limits).run(tasks)
        o.done("backfill", outcome)
        refuse_where_nothing_came(outcome)
        _publish(o)
    return steps.code(o)


def _publish(o: Observatory) -> None:
    try:
        with o.folder.run_lock(o.clock.now()):
            pipeline.load_kept(o)
    except RunLocked as error:
        o.done("load", Outcome(f"left to the next run, which loads what was kept ({error})"))


def _wanted(o: Observatory, choice: Choice) -> list[History]:
    now = o.clock.now()
    found = backlog.wanted(o.settings, choice.name or "", choice.interval, choice.since, choice.until, choice.only, now)
    return [replace(history, chain=tuple(name for name in history.chain if o.able(name))) for history in found]


def _want(history: History) -> Want:
    return Want(history.dataset, history.symbol, *history.span)


def _until(history: History) -> datetime:
    return history.span[1]


def _beyond_the_reserve(limits: dict[str, Limits]) -> dict[str, Limits]:
    """The limits of a day less what the daily run needs."""
    return {
        name: limit if limit.per_day is None else replace(limit, per_day=max(0, limit.per_day - limit.reserve))
        for name, limit in limits.items()
    }
