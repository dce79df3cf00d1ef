"""A clock for tests: it stands at an instant until it is set, and a wait is written down in place of being waited."""

import threading
from datetime import datetime

from etl.runtime.clock import Clock


class NotedClock(Clock):
    """`waits` are the seconds that were slept, in order; `monotonic()` moves on by them."""

    def __init__(self, at: datetime) -> None:
        super().__init__(at)
        self.waits: list[float] = []
        self.seconds = 1000.0
        self._at, self._turn = at, threading.Lock()

    def now(self) -> datetime:
        """The instant that was set last."""
        return self._at

    def set(self, at: datetime) -> None:
        """Move to an instant."""
        self._at = at

    def monotonic(self) -> float:
        """Seconds that only waits move on."""
        return self.seconds

    def sleep(self, seconds: float) -> None:
        """Note a wait, and jump over it."""
        super().sleep(0)
        with self._turn:
            self.waits.append(seconds)
            self.seconds += max(0.0, seconds)
