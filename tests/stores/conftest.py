"""What tests of the stores share: an open state.db, a clock that stands still, a ledger, a small server."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from etl.stores.ledger import Ledger
from etl.stores.state import State
from tests.clocks import NotedClock
from tests.stores.wire import Wire


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    """An open state.db."""
    opened = State(tmp_path / "state.db")
    yield opened
    opened.close()


@pytest.fixture
def clock() -> NotedClock:
    """Stands at the stand-in's instant."""
    return NotedClock(datetime(2025, 11, 1, 3, 43, tzinfo=UTC))


@pytest.fixture
def ledger(state: State, clock: NotedClock) -> Ledger:
    """A ledger with nothing in it."""
    return Ledger(state, clock)


@pytest.fixture
def wire() -> Iterator[Callable[..., Wire]]:
    """A function that starts a wire; all are stopped at the end."""
    running: list[Wire] = []

    def start(*arguments: Any, **more: Any) -> Wire:
        running.append(Wire(*arguments, **more))
        return running[-1]

    yield start
    for each in running:
        each.close()
