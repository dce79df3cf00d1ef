"""check: every model's grain and every query of sql/checks; what blocks shows its failing rows and stops the route."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from etl.domain import Outcome
from etl.errors import ChecksFailed
from etl.models import registry
from etl.warehouse.file import NextFile


def run(
    file: NextFile,
    built: Sequence[registry.Model],
    *,
    sql_root: Path,
    run_id: str,
    as_of: datetime,
    stop: Callable[[Sequence[Mapping[str, Any]]], None] = lambda rows: None,
) -> Outcome:
    """
    Run every check, write the results into `lake.check_results`, and rebuild what shows them.

    Where they block, `stop` is given them first: this file is not published, and the next one is to show them.

    Raises:
        ChecksFailed: a blocking check returned rows.
    """
    results = registry.run_checks(file.con, sql_root, built)
    known_at = as_of.astimezone(UTC).replace(tzinfo=None)
    file.con.execute("delete from lake.check_results where run_id = ?", [run_id])
    rows = [
        {"run_id": run_id, "check_name": r.check, "claim": r.claim, "severity": r.severity, "failed_rows": r.rows}
        | {"example": r.example}
        for r in results
    ]
    file.append("check_results", [{**row, "known_at": known_at} for row in rows])
    failed = [r for r in results if r.rows]
    blocking = [r for r in failed if r.severity == "blocking"]
    if blocking:
        stop(rows)
        shown = "\n".join(
            f"  {r.check}: {r.rows} rows, for example " + "\n    ".join((r.example, *r.more)) for r in blocking
        )
        raise ChecksFailed(f"{len(blocking)} of {len(results)} checks failed, nothing was published:\n{shown}")
    registry.build_after(file.con, built, {"lake.check_results"})
    warnings = tuple(f"warning: {r.claim}: {r.rows} rows ({r.check})" for r in failed)
    return Outcome(
        f"{len(results)} checks passed" + (f", {len(warnings)} with warnings" if warnings else ""), notes=warnings
    )
