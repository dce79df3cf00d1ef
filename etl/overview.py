"""How things stand: what is due, what it costs, how the last runs went. Nothing is sent and nothing changed."""

from typing import Any

from etl import catalogue, planning
from etl.choices import Choice
from etl.observatory import Observatory
from etl.providers import PROVIDERS
from etl.sessions import last_closed
from etl.stages import plan, status
from etl.stores.journal import is_alive
from etl.stores.view import suspected_gaps


def due(o: Observatory, choice: Choice) -> list[planning.Task]:
    """What the next run would ask, and of whom."""
    now = o.clock.now()
    gaps = suspected_gaps(o.warehouse, now)
    return planning.due(o.settings, o.ledger.last_good, now, last_closed(now), o.able, choice, gaps)


def skipped(o: Observatory, choice: Choice) -> tuple[str, ...]:
    """What is due of a provider that says that its day is spent: a line for each, and the run is partial."""
    limits, now = catalogue.limits_of(o.settings), o.clock.now()
    spent = [name for name in PROVIDERS if o.has_key(name) and o.ledger.is_spent(name, limits[name])]
    if not spent:
        return ()
    tasks = planning.due(o.settings, o.ledger.last_good, now, last_closed(now), o.has_key, choice)
    counts = {name: sum(task.chain[0] == name for task in tasks) for name in spent}
    return tuple(
        f"{name}: its day is spent until midnight {limits[name].day_zone} ({count} datasets); asked again after it"
        for name, count in counts.items()
        if count
    )


def priced(o: Observatory, choice: Choice) -> list[dict[str, Any]]:
    """The next run in calls and seconds, a row for each provider."""
    return plan.run(
        due(o, choice),
        providers=PROVIDERS,
        limits=catalogue.limits_of(o.settings),
        used_today=o.ledger.used_today,
        is_spent=o.ledger.is_spent,
        has_key=o.has_key,
        now=o.clock.now(),
    )


def status_of(o: Observatory) -> dict[str, Any]:
    """Runs, sources, quotas."""
    limits = catalogue.limits_of(o.settings)
    con = o.warehouse.read() if o.warehouse.exists() else None
    try:
        ledger = o.ledger
        return status.run(con, runs=_runs(o), limits=limits, used_today=ledger.used_today, is_spent=ledger.is_spent)
    finally:
        if con is not None:
            con.close()


def _runs(o: Observatory) -> list[dict[str, Any]]:
    """The last runs; one that was killed wrote no end, and is not called running."""
    return [
        {**row, "status": "killed"} if row["status"] == "running" and not is_alive(row["pid"]) else row
        for row in o.journal.runs()
    ]
