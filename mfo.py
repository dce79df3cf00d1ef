"""
The Money Flow Observatory from Python: `import mfo`, then `mfo.open_warehouse()`.

The code is the package `etl`, a name that a notebook's own folder may have too; `import mfo` says so then.
"""

from importlib.util import find_spec
from pathlib import Path

_found = find_spec("etl")
_origin = Path(_found.origin) if _found and _found.origin else None
if _origin is None or _origin.parent.parent != Path(__file__).parent:
    raise ImportError(f"mfo: `import etl` finds {_origin}, not mfo's own package: rename that file or start elsewhere")

from etl import __version__, open_warehouse  # noqa: E402 - only after the line above has found the right package

__all__ = ["__version__", "open_warehouse"]
