"""What tests of the ledger share: an open state.db, a clock that stands still, a ledger between them."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from etl.state.database import StateDatabase
from etl.state.request_ledger import RequestLedger
from tests.clocks import NotedClock


@pytest.fixture
def state(tmp_path: Path) -> Iterator[StateDatabase]:
    """An open state.db."""
    opened = StateDatabase(tmp_path / "state.db")
    yield opened
    opened.close()


@pytest.fixture
def clock() -> NotedClock:
    """Stands at the stand-in's instant."""
    return NotedClock(datetime(2025, 11, 1, 3, 43, tzinfo=UTC))


@pytest.fixture
def ledger(state: StateDatabase, clock: NotedClock) -> RequestLedger:
    """A ledger with nothing in it."""
    return RequestLedger(state, clock)
