"""
The order of a backfill: fetch without the run lock, then load and publish what came, under it.

    price: what it would ask (`mfo plan --backfill`)    fetch -> transform -> load -> check -> publish -> export

The daily run goes first: backfill leaves the last calls of a day-limited provider to it (`reserve` in `[limits.*]`),
and where a run holds the lock when the fetching is done, that run or the next one loads what came.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from etl import backlog, catalogue, choices, equity_backlog, overview, pipeline, steps
from etl.backlog import History
from etl.domain import Limits, Outcome, Request
from etl.errors import RunLocked, SettingsWrong, TryLater
from etl.observatory import Observatory, run
from etl.providers import PROVIDERS
from etl.stages import plan
from etl.stages.backfill import Backfiller
from etl.stages.extract import refuse_where_nothing_came
from etl.stores.answered import Answered


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
    now = o.clock.now()
    asked: list[Request] = []
    for history in _wanted(o, choice):
        if history.is_crypto:
            spans = backlog.still_missing(history, o.ledger.answered(history.dataset, history.symbol))
            asked += backlog.requests(history, spans, now, frozenset())
        else:
            tasks = equity_backlog.tasks(history, _answered(o, history.symbol))
            asked += [request for task in tasks for request in PROVIDERS[task.chain[0]].plan(task.want, now)]
    used = {name: o.ledger.used_today(name, limit) for name, limit in limits.items()}
    return backlog.price(asked, limits, used)


def backfill(o: Observatory, choice: Choice) -> int:
    """Fetch a history, then load and publish it; the exit code."""
    histories = _wanted(o, choice)
    with run(o, "backfill", locked=False):
        limits = _beyond_the_reserve(catalogue.limits_of(o.settings))
        candles = [history for history in histories if history.is_crypto]
        equities = [history for history in histories if not history.is_crypto]
        tasks = [task for h in equities for task in equity_backlog.tasks(h, _answered(o, h.symbol))]
        outcomes = []
        with o.terminal:
            if candles:
                asker = o.asker(limits)
                for history in candles:
                    asker.settle(PROVIDERS, history.dataset, history.symbol)
                backfiller = Backfiller(
                    ask=asker.ask,
                    limits=catalogue.limits_of(o.settings),
                    ledger=o.ledger,
                    clock=o.clock,
                    progress=o.terminal,
                )
                outcomes.append(backfiller.run(candles))
            if tasks:
                outcomes.append(steps.extractor(o, limits).run(tasks))
        outcome = _together(outcomes)
        o.done("backfill", outcome)
        refuse_where_nothing_came(outcome)
        _publish(o)
    return steps.code(o)


def _together(outcomes: Sequence[Outcome]) -> Outcome:
    """What candles and sessions came to, as one."""
    details: list[Mapping[str, Any]] = [outcome.details for outcome in outcomes]
    return Outcome(
        "; ".join(outcome.line for outcome in outcomes) or "everything of it is held; nothing asked",
        tuple(line for outcome in outcomes for line in outcome.undone),
        tuple(line for outcome in outcomes for line in outcome.notes),
        {
            "answered": sum(found["answered"] for found in details),
            "kinds": sorted({kind for found in details for kind in found["kinds"]}),
        },
    )


def _answered(o: Observatory, symbol: str) -> list[Answered]:
    """Every good answer that holds days of an equity."""
    return [said for dataset in equity_backlog.DATASETS for said in o.ledger.answered(dataset, symbol)]


def _publish(o: Observatory) -> None:
    try:
        with o.folder.run_lock(o.clock):
            pipeline.load_kept(o)
    except RunLocked as error:
        o.done("load", Outcome(f"left to the next run, which loads what was kept ({error})"))


def _wanted(o: Observatory, choice: Choice) -> list[History]:
    now = o.clock.now()
    found = backlog.wanted(o.settings, choice.name or "", choice.interval, choice.since, choice.until, choice.only, now)
    return [replace(history, chain=_able(o, history)) for history in found]


def _able(o: Observatory, history: History) -> tuple[str, ...]:
    """
    Those of a chain that can be asked now.

    Raises:
        SettingsWrong: none of them has its key.
        TryLater: those that have it say that their day is spent.
    """
    able = tuple(name for name in history.chain if o.able(name))
    if able:
        return able
    if any(o.has_key(name) for name in history.chain):
        raise TryLater(f"{', '.join(history.chain)}: the day is spent; `mfo status` says when it comes back")
    keys = [PROVIDERS[name].credential for name in history.chain]
    variables = " or ".join(key.variables for key in keys if key)
    raise SettingsWrong(f"no key of {', '.join(history.chain)} for the history of {history.symbol}: set {variables}")


def _beyond_the_reserve(limits: dict[str, Limits]) -> dict[str, Limits]:
    """The limits of a day less what the daily run needs."""
    return {
        name: limit if limit.per_day is None else replace(limit, per_day=max(0, limit.per_day - limit.reserve))
        for name, limit in limits.items()
    }
