"""check: every model's grain and every query of sql/checks; what blocks shows its failing rows and stops the route."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from etl.domain import Outcome
from etl.errors import ChecksFailed
from etl.stores import models
from etl.stores.warehouse import NextFile


def run(file: NextFile, built: Sequence[models.Model], *, sql_root: Path, run_id: str, as_of: datetime) -> Outcome:
    """
    Run every check, write the results into `lake.check_results`, and rebuild what shows them.

    Raises:
        ChecksFailed: a blocking check returned rows.
    """
    results = models.run_checks(file.con, sql_root, built)
    known_at = as_of.astimezone(UTC).replace(tzinfo=None)
    file.con.execute("delete from lake.check_results where run_id = ?", [run_id])
    file.append(
        "check_results",
        [
            {
                "run_id": run_id,
                "check_name": r.check,
                "claim": r.claim,
                "severity": r.severity,
                "failed_rows": r.rows,
                "example": r.example,
                "known_at": known_at,
            }
            for r in results
        ],
    )
    failed = [r for r in results if r.rows]
    blocking = [r for r in failed if r.severity == "blocking"]
    if blocking:
        shown = "\n".join(f"  {r.check}: {r.rows} rows, for example {r.example}" for r in blocking)
        raise ChecksFailed(f"{len(blocking)} of {len(results)} checks failed, nothing was published:\n{shown}")
    models.build_after(file.con, built, {"lake.check_results"})
    warnings = tuple(f"warning: {r.claim}: {r.rows} rows ({r.check})" for r in failed)
    return Outcome(
        f"{len(results)} checks passed" + (f", {len(warnings)} with warnings" if warnings else ""), notes=warnings
    )
