"""What tests of transform share: a folder without a response, and what reads it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from etl.providers import PROVIDERS
from etl.raw.store import RawStore
from etl.state.database import StateDatabase
from etl.state.run_log import RunLog
from etl.transform.parquet import Parquet
from tests.clocks import NotedClock
from tests.providers.made_up import NOW
from tests.transform.readings import Readings


@pytest.fixture
def readings(tmp_path: Path) -> Iterator[Readings]:
    """Nothing kept, nothing read."""
    state = StateDatabase(tmp_path / "state.db")
    yield Readings(
        count=0,
        lake=RawStore(tmp_path / "lake"),
        parquet=Parquet(tmp_path / "parquet"),
        journal=RunLog(state, NotedClock(NOW)),
        providers=dict(PROVIDERS),
    )
    state.close()
