"""plan: what the next run would ask of whom, what it costs in calls, what is left today; nothing is sent."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from etl.config.settings import Settings
from etl.domain import Gap, Limits, Provider
from etl.extract import planner
from etl.extract.planner import Task
from etl.extract.reference_tables import limits_of
from etl.extract.selection import Selection
from etl.market.sessions import last_closed
from etl.providers import PROVIDERS
from etl.runtime.progress import calls_of, least_seconds
from etl.state.request_ledger import RequestLedger

HasKey = Callable[[Provider], bool]
Used = Callable[[str, Limits], int]
Spent = Callable[[str, Limits], bool]


def due_tasks(
    settings: Settings,
    ledger: RequestLedger,
    has_key: HasKey,
    now: datetime,
    selection: Selection,
    gaps: Sequence[Gap] = (),
) -> list[Task]:
    """What the next run would ask, of those who have their key and whose day is not known to be spent."""

    def is_able(name: str) -> bool:
        return is_askable(name, settings, ledger, has_key)

    return planner.due(settings, ledger.last_good, now, last_closed(now), is_able, selection, gaps)


def is_askable(name: str, settings: Settings, ledger: RequestLedger, has_key: HasKey) -> bool:
    """Whether a provider can be asked now: with its key, and its day not known to be spent."""
    return has_key(PROVIDERS[name]) and not ledger.is_spent(name, limits_of(settings)[name])


def skipped(
    settings: Settings, ledger: RequestLedger, has_key: HasKey, now: datetime, selection: Selection
) -> tuple[str, ...]:
    """What is due of a provider that says that its day is spent: a line for each, and the run is partial."""
    limits = limits_of(settings)
    spent = [name for name, p in PROVIDERS.items() if has_key(p) and ledger.is_spent(name, limits[name])]
    if not spent:
        return ()

    def is_able(name: str) -> bool:
        return has_key(PROVIDERS[name])

    tasks = planner.due(settings, ledger.last_good, now, last_closed(now), is_able, selection)
    counts = {name: sum(task.chain[0] == name for task in tasks) for name in spent}
    return tuple(
        f"{name}: its day is spent until midnight {limits[name].day_zone} ({count} datasets); asked again after it"
        for name, count in counts.items()
        if count
    )


def price_tasks(
    tasks: Sequence[Task],
    *,
    providers: Mapping[str, Provider],
    limits: Mapping[str, Limits],
    used_today: Used,
    is_spent: Spent = lambda _name, _limits: False,
    has_key: Callable[[str], bool],
    now: datetime,
) -> list[dict[str, Any]]:
    """
    One row for each provider: requests, used and left today, seconds at its pace, and each dataset's share.

    `left_today` is None where the provider has no daily limit, 0 where it said itself that its day is spent; `later`
    counts the requests that today has no room for.
    """
    rows = []
    for name, provider in providers.items():
        mine = [task for task in tasks if task.chain[0] == name]
        datasets: Counter[str] = Counter()
        for task in mine:
            datasets[task.want.dataset] += calls_of(provider.plan(task.want, now))
        requests, limit = sum(datasets.values()), limits[name]
        used = used_today(name, limit)
        left = None if limit.per_day is None else 0 if is_spent(name, limit) else max(0, limit.per_day - used)
        rows.append(
            {
                "provider": name,
                "requests": requests,
                "datasets": datasets,
                "symbols": sorted({task.want.symbol for task in mine}),
                "used_today": used,
                "per_day": limit.per_day,
                "left_today": left,
                "later": max(0, requests - left) if left is not None else 0,
                "seconds": round(least_seconds(requests, limit), 1),
                "has_key": has_key(name),
            }
        )
    return rows


def lines(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """The rows for people."""
    said = []
    for row in rows:
        parts = ", ".join(f"{count} {dataset}" for dataset, count in row["datasets"].items()) or "nothing due"
        if not row["has_key"]:
            parts = "skipped: its key is not set"
        quota = "" if row["per_day"] is None else f"; {row['used_today']} of {row['per_day']} calls used today"
        later = f"; {row['later']} calls have to wait for another day" if row["later"] else ""
        said.append(f"{row['provider']:>14}  {row['requests']:>4} calls, {row['seconds']:g} s: {parts}{quota}{later}")
    total = max((row["seconds"] for row in rows), default=0)
    said.append(f"{'':>14}  side by side about {total:g} s")
    return said
