"""The clock that is handed in: the instant that a run works with, and the machine's own time for spacing and waits."""

import threading
import time
from datetime import UTC, datetime

from etl.errors import Stopped


class Clock:
    """
    `now()` is MFO_NOW where that is set (it stands still), else the machine's time, in UTC.

    `monotonic()` and `sleep()` are the machine's; `stop()` ends every sleep at once.
    """

    def __init__(self, fixed: datetime | None = None) -> None:
        self._fixed = fixed
        self._stop = threading.Event()

    def now(self) -> datetime:
        """The instant that sets days, freshness and `fetched_at`, with its zone (UTC)."""
        return self._fixed or datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds of a clock that all processes of this machine share and that never jumps back."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """
        Wait, unless the run was stopped.

        Raises:
            Stopped: `stop()` was called before or during the wait.
        """
        if self._stop.wait(max(0.0, seconds)):
            raise Stopped("stopped")

    def stop(self) -> None:
        """End every wait, now and later."""
        self._stop.set()

    @property
    def stopped(self) -> bool:
        """Whether `stop()` was called."""
        return self._stop.is_set()


class JumpingClock(Clock):
    """The demo's clock: a wait takes no time, it only moves `monotonic()` on."""

    def __init__(self, fixed: datetime | None = None) -> None:
        super().__init__(fixed)
        self._offset = 0.0
        self._lock = threading.Lock()

    def monotonic(self) -> float:
        """The machine's monotonic seconds plus all waits that were jumped over."""
        return time.monotonic() + self._offset

    def sleep(self, seconds: float) -> None:
        """Jump over the wait."""
        super().sleep(0)
        with self._lock:
            self._offset += max(0.0, seconds)
