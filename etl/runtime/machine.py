"""The machine: free space, a folder that can be written, the clock, the versions of what matters."""

import os
import platform
import shutil
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from etl import __version__


class Machine:
    """Looks, and changes nothing."""

    def now(self) -> datetime:
        """The machine's clock, in UTC."""
        return datetime.now(UTC)

    def free_gb(self, folder: Path) -> float:
        """Free space, in GB, where a folder is or would be."""
        return shutil.disk_usage(_nearest(folder)).free / 1e9

    def why_unwritable(self, folder: Path) -> str | None:
        """Why a folder cannot be made or written, None where it can."""
        nearest = _nearest(folder)
        if not nearest.is_dir():
            return f"{nearest} is not a folder"
        return None if os.access(nearest, os.W_OK | os.X_OK) else f"{nearest} is not writable"

    def versions(self) -> str:
        """mfo, Python and the packages that results depend on."""
        packages = ", ".join(f"{name} {version(name)}" for name in ("duckdb", "pyarrow", "pandas"))
        return f"mfo {__version__}, Python {platform.python_version()}, {packages}"


def _nearest(folder: Path) -> Path:
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return folder
