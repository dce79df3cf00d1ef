"""What `etl.open_warehouse` does: the settings of the folder, then the published file or a look at the past."""

import os
from datetime import datetime
from pathlib import Path

from etl.errors import UsageWrong
from etl.settings import parse_instant
from etl.stores.past import Past, open_reading
from etl.stores.settings_file import read_settings
from etl.stores.view import Connection


def opened(data_dir: Path | str | None, demo: bool, as_of: datetime | str | None, basis: str) -> Connection:
    """See `etl.open_warehouse`."""
    if basis not in ("known", "published"):
        raise UsageWrong(f"basis: {basis!r}; allowed: known, published")
    if basis == "published" and as_of is None:
        raise UsageWrong("basis published replays an instant: give as_of")
    named = {"MFO_DATA_DIR": str(data_dir)} if data_dir is not None else {}
    at = parse_instant(as_of if isinstance(as_of, str) else as_of.isoformat(), "as_of") if as_of else None
    con = open_reading(read_settings({**os.environ, **named}, demo=demo), Past(at, basis) if at else None)
    con.execute("set TimeZone = 'UTC'")
    return con
