"""
The Money Flow Observatory from Python: `import mfo`, then `mfo.open_warehouse()`.

The code is the package `etl`, a name that a notebook's own folder may have too; `import mfo` says so then.
"""

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    import duckdb

_found = find_spec("etl")
_origin = Path(_found.origin) if _found and _found.origin else None
if _origin is None or _origin.parent.parent != Path(__file__).parent:
    raise ImportError(f"mfo: `import etl` finds {_origin}, not mfo's own package: rename that file or start elsewhere")

from etl import __version__  # noqa: E402 - only after the line above has found the right package

__all__ = ["__version__", "open_warehouse"]


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
    from etl.warehouse.time_travel import opened  # nothing heavy is imported before somebody asks

    return opened(data_dir, demo, as_of, basis)
