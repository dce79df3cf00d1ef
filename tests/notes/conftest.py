"""What tests of the model's client share: an open state.db, and a small server of one's own."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from etl.state.database import StateDatabase
from tests.notes.wire import Wire


@pytest.fixture
def state(tmp_path: Path) -> Iterator[StateDatabase]:
    """An open state.db."""
    opened = StateDatabase(tmp_path / "state.db")
    yield opened
    opened.close()


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
