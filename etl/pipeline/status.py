"""status: the last runs, each source's health and age, the quota left, what is stale and why. Nothing is sent."""

import json
from collections.abc import Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from etl.domain import Limits
from etl.extract.reference_tables import limits_of
from etl.pipeline.context import RunContext
from etl.state.request_ledger import RequestLedger
from etl.state.run_log import RunLog, is_alive

if TYPE_CHECKING:
    import duckdb

SOURCES = (
    "select source, status, why, newest, expected_next_at, last_good_at, last_error, success_share, median_latency_ms "
    "from marts.source_status order by source"
)
UNDONE_SHOWN = 4  # of each run


def status_of(ctx: RunContext) -> dict[str, Any]:
    """What `mfo status --json` prints."""
    limits = limits_of(ctx.settings)
    if not ctx.warehouse.exists():
        return read_status(None, ctx.run_log, ctx.ledger, limits)
    with ctx.warehouse.read() as con:
        return read_status(con, ctx.run_log, ctx.ledger, limits)


def read_status(
    con: "duckdb.DuckDBPyConnection | None", run_log: RunLog, ledger: RequestLedger, limits: Mapping[str, Limits]
) -> dict[str, Any]:
    """The publication and its sources (`con` is None before the first one), the last runs, the quotas."""
    sources: list[dict[str, Any]] = []
    publication: dict[str, Any] | None = None
    if con is not None:
        row = con.execute("select as_of, run_id from lake.publication").fetchone()
        publication = {"as_of": _text(row[0]), "run_id": row[1]} if row else None
        rows = con.execute(SOURCES)
        names = [column[0] for column in rows.description or ()]
        sources = [dict(zip(names, map(_text, values), strict=True)) for values in rows.fetchall()]
    columns = ("run_id", "command", "run_at", "finished_at", "status", "pid")
    return {
        "publication": publication,
        "runs": [{name: run[name] for name in columns} | {"undone": _undone(run)} for run in _runs(run_log)],
        "sources": sources,
        "quota": [
            {
                "provider": name,
                "per_day": limit.per_day,
                "used": used,
                "left": 0 if ledger.is_spent(name, limit) else max(0, limit.per_day - used),
            }
            for name, limit in limits.items()
            if limit.per_day is not None
            for used in (ledger.used_today(name, limit),)
        ],
    }


def _runs(run_log: RunLog) -> list[dict[str, Any]]:
    """The last runs; one that was killed wrote no end, and is not called running."""
    return [
        {**row, "status": "killed"} if row["status"] == "running" and not is_alive(row["pid"]) else row
        for row in run_log.runs()
    ]


def lines(status: Mapping[str, Any]) -> list[str]:
    """The same for people."""
    published = status["publication"]
    said = [
        f"published   as of {published['as_of']}, run {published['run_id']}"
        if published
        else "published   nothing yet; `mfo run-daily` does it"
    ]
    for run in status["runs"][:5]:
        pid = f" (pid {run['pid']})" if run["status"] == "running" else ""
        said.append(f"run         {run['run_id']}  {run['command']}  {run['status']}{pid}")
        said += [f"            not done: {line}" for line in run["undone"][:UNDONE_SHOWN]]
        left = len(run["undone"]) - UNDONE_SHOWN
        said += [f"            not done: {left} more; `mfo status --json` lists them"] if left > 0 else []
    for source in status["sources"]:
        why = f": {source['why']}" if source["why"] else ""
        newest = f", newest {source['newest']}" if source["newest"] else ""
        said.append(f"source      {source['source']:<14} {source['status']}{why}{newest}")
    said += [
        f"quota       {q['provider']:<14} {q['used']} of {q['per_day']} used, {q['left']} left today"
        for q in status["quota"]
    ]
    return said


def _undone(run: Mapping[str, Any]) -> list[str]:
    """What no stage of a run could do."""
    stages = json.loads(run["details"] or "{}").values()
    return [line for stage in stages if isinstance(stage, dict) for line in stage["undone"]]


def _text(value: Any) -> Any:
    if isinstance(value, datetime):
        return f"{value.isoformat()}Z"
    return value.isoformat() if isinstance(value, date) else value
