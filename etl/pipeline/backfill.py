"""
The order of a backfill: fetch without the run lock, then load and publish what came, under it.

    price: what it would ask (`mfo plan --backfill`)    fetch -> transform -> load -> check -> publish -> export

The daily run goes first: backfill leaves the last requests of a day-limited provider to it (`reserve` in `[limits.*]`),
and where a run holds the lock when the fetching is done, that run or the next one loads what came.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from etl.domain import Limits, Outcome, Request
from etl.errors import RunLocked, SettingsWrong, TryLater
from etl.extract import missing, plan
from etl.extract.candle_backfill import Backfiller
from etl.extract.extract import refuse_where_nothing_came
from etl.extract.missing import BackfillRange
from etl.extract.reference_tables import limits_of
from etl.extract.selection import selection_of
from etl.pipeline.context import RunContext, run
from etl.pipeline.daily import extractor_of, fetcher_of, load_and_show
from etl.providers import PROVIDERS
from etl.state.answered_requests import AnsweredRequest
from etl.warehouse.as_of import suspected_gaps


@dataclass(frozen=True, slots=True)
class BackfillOptions:
    """What the command line says of a backfill."""

    name: str | None
    interval: str | None
    since: str
    until: str | None
    only: str | None


def price(ctx: RunContext, options: BackfillOptions, *, force: bool) -> tuple[list[dict[str, Any]], list[str]]:
    """A backfill, or the next run where none is named, before one request is made: rows, and the same for people."""
    limits, ledger, now = limits_of(ctx.settings), ctx.ledger, ctx.clock.now()
    if options.name:
        used = {name: ledger.used_today(name, limit) for name, limit in limits.items()}
        rows = missing.price(_requests(ctx, options), limits, used)
        return rows, missing.priced_lines(rows)
    selection, gaps = selection_of(ctx.settings, force=force), suspected_gaps(ctx.warehouse, now)
    rows = plan.price_tasks(
        plan.due_tasks(ctx.settings, ledger, ctx.http.has_key, now, selection, gaps),
        providers=PROVIDERS,
        limits=limits,
        used_today=ledger.used_today,
        is_spent=ledger.is_spent,
        has_key=lambda name: ctx.http.has_key(PROVIDERS[name]),
        now=now,
    )
    return rows, plan.lines(rows)


def _requests(ctx: RunContext, options: BackfillOptions) -> list[Request]:
    """Every request of a backfill, before one is sent."""
    now, requests = ctx.clock.now(), list[Request]()
    for wanted in _ranges(ctx, options):
        if wanted.is_crypto:
            spans = missing.still_missing(wanted, ctx.ledger.answered(wanted.dataset, wanted.symbol))
            requests += missing.requests(wanted, spans, now, frozenset())
        else:
            tasks = missing.tasks(wanted, _answered(ctx, wanted.symbol))
            requests += [request for task in tasks for request in PROVIDERS[task.chain[0]].plan(task.want, now)]
    return requests


def backfill(ctx: RunContext, options: BackfillOptions) -> int:
    """Fetch a history, then load and publish it; the exit code."""
    ranges = _ranges(ctx, options)
    with run(ctx, "backfill", locked=False):
        limits = _beyond_the_reserve(limits_of(ctx.settings))
        candles = [wanted for wanted in ranges if wanted.is_crypto]
        equities = [wanted for wanted in ranges if not wanted.is_crypto]
        tasks = [task for wanted in equities for task in missing.tasks(wanted, _answered(ctx, wanted.symbol))]
        outcomes = []
        with ctx.terminal:
            if candles:
                fetcher = fetcher_of(ctx, limits)
                for wanted in candles:
                    fetcher.settle(PROVIDERS, wanted.dataset, wanted.symbol)
                backfiller = Backfiller(
                    ask=fetcher.ask,
                    limits=limits_of(ctx.settings),
                    ledger=ctx.ledger,
                    clock=ctx.clock,
                    progress=ctx.terminal,
                )
                outcomes.append(backfiller.run(candles))
            if tasks:
                outcomes.append(extractor_of(ctx, limits).run(tasks))
        outcome = _together(outcomes)
        ctx.report.say("backfill", outcome)
        refuse_where_nothing_came(outcome)
        _publish(ctx)
    return ctx.report.exit_code


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


def _answered(ctx: RunContext, symbol: str) -> list[AnsweredRequest]:
    """Every good response that holds days of an equity."""
    return [each for dataset in missing.SESSION_DATASETS for each in ctx.ledger.answered(dataset, symbol)]


def _publish(ctx: RunContext) -> None:
    try:
        with ctx.data_dir.run_lock(ctx.clock):
            load_and_show(ctx)
    except RunLocked as error:
        ctx.report.say("load", Outcome(f"left to the next run, which loads what was kept ({error})"))


def _ranges(ctx: RunContext, options: BackfillOptions) -> list[BackfillRange]:
    name, now = options.name or "", ctx.clock.now()
    ranges = missing.wanted(ctx.settings, name, options.interval, options.since, options.until, options.only, now)
    return [replace(wanted, chain=_able(ctx, wanted)) for wanted in ranges]


def _able(ctx: RunContext, history: BackfillRange) -> tuple[str, ...]:
    """
    Those of a chain that can be asked now.

    Raises:
        SettingsWrong: none of them has its key.
        TryLater: those that have it say that their day is spent.
    """
    able = tuple(name for name in history.chain if plan.is_askable(name, ctx.settings, ctx.ledger, ctx.http.has_key))
    if able:
        return able
    if any(ctx.http.has_key(PROVIDERS[name]) for name in history.chain):
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
