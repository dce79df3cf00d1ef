"""Money Flow Observatory: rate-limited market data into a DuckDB warehouse, its metrics, notes and pages."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    import duckdb

__version__ = "0.1.0"


def open_warehouse(
    data_dir: "Path | str | None" = None,
    demo: bool = False,
    as_of: "datetime | str | None" = None,
    basis: str = "known",
) -> "duckdb.DuckDBPyConnection":
    """
    The published warehouse for a notebook: a DuckDB connection that cannot write it, with the marts' own names.

    `con.sql(...)` gives `.df()` for pandas and `.to_arrow_table()` for Arrow. It stays as it was opened while cron
    publishes; open it again for what is newer. `as_of` is an instant (with its zone) or a date, `basis` known or
    published. The folder is that of the settings unless `data_dir` names one.

    Raises:
        UsageWrong: nothing is published yet, or an argument is not allowed.
        NeverPublished: nothing was published up to `as_of`.
        DataWrong: the file cannot be read.
    """
    from etl.notebook import opened  # nothing heavy is imported before somebody asks

    return opened(data_dir, demo, as_of, basis)
