"""Settles the recommendations that fell due, once: what is written down is never computed again."""

from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING

from etl.domain import Outcome
from etl.notes.documents import note

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

DUE = """
    select * from aggregates.scoring__outcomes
    where status in ('settled', 'void')
    order by exit_date, for_date, note_id, position
"""
PENDING = "select count(*) from aggregates.scoring__outcomes where status = 'pending'"
IN_DOCUMENT = (
    "note_id", "position", "symbol", "stance", "horizon", "model", "scope", "kind", "for_date", "entry_date",
    "exit_date", "status", "benchmark", "excess_return_pct", "is_hit", "confidence", "base_rate",
)  # fmt: skip
DATES = ("for_date", "entry_date", "exit_date")


def run(con: "DuckDBPyConnection", *, keep: note.Keep, now: datetime, run_id: str) -> Outcome:
    """
    Settle what fell due in the warehouse on `con`, keep it, and add it to `lake.settlements`.

    The caller rebuilds what stands downstream of `lake.settlements` when `details["settled"]` is not 0.
    """
    cursor = con.execute(DUE)
    names = [column[0] for column in cursor.description or ()]
    due = [_call(dict(zip(names, values, strict=True))) for values in cursor.fetchall()]
    if due:
        document = {"document": "settlement", "run_id": run_id, "settled_at": note.stamp(now), "calls": due}
        answer = keep("settlement", run_id, note.body_of(document))
        note.insert_settlements(con, note.settlement_rows(answer))
    counts = Counter(str(call["status"]) for call in due)
    pending = con.execute(PENDING).fetchall()[0][0]
    line = f"{counts['settled']} calls settled, {counts['void']} void, {pending} pending"
    return Outcome(line=line, details={"settled": len(due), "voids": counts["void"], "pending": pending})


def _call(row: dict[str, object]) -> dict[str, object]:
    """A row as it stands in the document; a void call has no outcome."""
    call = {name: row[name] for name in IN_DOCUMENT}
    call |= {name: None if row[name] is None else str(row[name]) for name in DATES}
    if row["status"] == "void":
        call |= {"excess_return_pct": None, "is_hit": None}
    return call
