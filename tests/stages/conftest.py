"""What tests of transform share: a lake without an answer, and what reads it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from etl.providers import PROVIDERS
from etl.stores.journal import Journal
from etl.stores.lake import Lake
from etl.stores.parquet import Parquet
from etl.stores.state import State
from tests.clocks import NotedClock
from tests.providers.made_up import NOW
from tests.stages.readings import Readings


@pytest.fixture
def readings(tmp_path: Path) -> Iterator[Readings]:
    """Nothing kept, nothing read."""
    state = State(tmp_path / "state.db")
    yield Readings(
        count=0,
        lake=Lake(tmp_path / "lake"),
        parquet=Parquet(tmp_path / "parquet"),
        journal=Journal(state, NotedClock(NOW)),
        providers=dict(PROVIDERS),
    )
    state.close()
