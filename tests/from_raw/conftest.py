"""The demo's site, and everything of it recomputed from the raw answers of the same folder."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.conftest import DEMO_NOW, Demo
from tests.from_raw.recomputation import Recomputation

Published = Callable[[str], Any]


@pytest.fixture(scope="session")
def site(demo: Demo) -> Path:
    """The demo's site folder."""
    return demo.folder / "site"


@pytest.fixture(scope="session")
def published(site: Path) -> Published:
    """A function that reads one published JSON file by its path from the site's root."""
    return lambda path: json.loads((site / path).read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def raw(demo: Demo) -> Recomputation:
    """What the raw answers of the demo say; neither the warehouse nor the Parquet files are read."""
    return Recomputation(demo.folder / "lake", pd.Timestamp(DEMO_NOW).tz_convert("UTC").tz_localize(None))
