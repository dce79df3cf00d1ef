"""
A published site, and everything of it recomputed from the raw answers of the same data folder.

Of two runs: the demo's, and one on the real rows of the stand-in upstream (with a split, empty answers and no BNB
minutes), which skips where the shared folder is missing.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import AV_KEY, DEMO_NOW, FRED_KEY, Mfo
from tests.from_raw.recomputation import Recomputation

Published = Callable[[str], Any]
KEYS = {"ALPHA_VANTAGE_API_KEY": AV_KEY, "FRED_API_KEY": FRED_KEY}
IN_SECONDS = ("--av-spacing", "0", "--fred-per-second", "1000", "--fred-per-minute", "100000")
FAST = "[limits.alpha_vantage]\nspacing_s = 0\n[limits.fred]\nspacing_s = 0\n[limits.yahoo]\nspacing_s = 0\n"


@dataclass(frozen=True)
class Run:
    """A data folder after a run, and the instant at which it ran."""

    folder: Path
    now: str


@pytest.fixture(scope="session")
def real_rows(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """One run on the stand-in's real rows, without the free tiers' spacing."""
    upstream = request.getfixturevalue("start_upstream")(*IN_SECONDS)
    folder = tmp_path_factory.mktemp("real-rows")
    (folder / "mfo.toml").write_text(FAST)
    env = {name: value for name, value in upstream.env.items() if name != "OPENAI_BASE_URL"}
    mfo = Mfo(folder / "data", {**env, **KEYS, "MFO_CONFIG": str(folder / "mfo.toml")})
    said = mfo("run-daily")
    assert said.code == 0, said.err
    return Run(folder / "data", upstream.env["MFO_NOW"])


@pytest.fixture(scope="session", params=["demo", "real rows"])
def run(request: pytest.FixtureRequest) -> Run:
    """The run that is looked at; modules that hold only for the first demo run ask for that one alone."""
    if request.param == "demo":
        return Run(request.getfixturevalue("demo").folder, DEMO_NOW)
    return request.getfixturevalue("real_rows")  # type: ignore[no-any-return]  # a Run


@pytest.fixture(scope="session")
def site(run: Run) -> Path:
    """The published site folder."""
    return run.folder / "site"


@pytest.fixture(scope="session")
def published(site: Path) -> Published:
    """A function that reads one published JSON file by its path from the site's root."""
    return lambda path: json.loads((site / path).read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def raw(run: Run) -> Recomputation:
    """What the raw answers of the run say; neither the warehouse nor the Parquet files are read."""
    return Recomputation(run.folder / "lake", run.now, is_demo=run.now == DEMO_NOW)
