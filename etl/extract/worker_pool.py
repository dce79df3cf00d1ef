"""Where requests run side by side: a small thread pool, with a lane for each provider."""

import queue
import threading
from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from etl.errors import Stopped
from etl.runtime.clock import Clock

STOPPING = "stopping: the request in flight is finished and kept; Ctrl-C again stops at once"
MOST_DONE = 0.2  # the share of items that may still be open when there is time for other work


class Progress(Protocol):
    """Who is told how far each provider's lane is."""

    def expect(self, provider: str, requests: int) -> None:
        """So many more requests will go to this provider."""
        ...

    def advance(self, provider: str, what: str) -> None:
        """One of them ended."""
        ...

    def say(self, text: str) -> None:
        """A line for who waits."""
        ...


class ProviderPool:
    """One queue for each provider with so many threads as it allows; an item may move from lane to lane."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._queues: dict[str, queue.SimpleQueue[Any | None]] = defaultdict(queue.SimpleQueue)
        self._open, self._idle = 0, threading.Condition()
        self._error: BaseException | None = None

    def put(self, name: str, item: Any) -> None:
        """Add one item to a lane."""
        with self._idle:
            self._open += 1
        self._queues[name].put(item)

    def run(
        self,
        widths: Mapping[str, int],
        work: Callable[[str, Any], None],
        meanwhile: Callable[[], None] = lambda: None,
        on_stop: Callable[[], None] = lambda: None,
    ) -> None:
        """
        Work until no lane holds an item; the first unexpected error ends all lanes and is raised here.

        `meanwhile` is called once in this thread, when most items are done and the slow lanes still wait for quotas.
        The first Ctrl-C calls `on_stop` and lets the items in flight end; a second one does not wait for them: Stopped.
        """
        threads = [
            threading.Thread(target=self._work, args=(name, work), name=f"{name}-{i}", daemon=True)
            for name, width in widths.items()
            for i in range(width)
            if self._queues[name] is not None
        ]
        few = int(MOST_DONE * self._open)  # of those that there are before the lanes begin
        try:
            for thread in threads:
                thread.start()
            self._wait(few)
            if self._open and self._error is None:
                meanwhile()
            self._wait(0)
        except KeyboardInterrupt:
            self._error = Stopped("stopped; the answers that had come are kept")
            on_stop()
        except BaseException as error:  # noqa: BLE001 - whatever `meanwhile` met: the lanes end before it is raised
            self._error = error
        try:
            self._end(widths, threads)
        except KeyboardInterrupt:
            raise Stopped("stopped at once; what was in flight is not kept, everything before is") from None
        if self._error is not None:
            raise self._error

    def _end(self, widths: Mapping[str, int], threads: list[threading.Thread]) -> None:
        """Wait for every thread; after an error, lanes that wait or have pages left end after what is in flight."""
        if self._error is not None:
            self._clock.stop()
        for name, width in widths.items():
            for _ in range(width):
                self._queues[name].put(None)
        for thread in threads:
            while thread.ident is not None and thread.is_alive():
                thread.join(0.2)  # a Ctrl-C comes through between two of these on every system

    def _wait(self, until: int) -> None:
        """Until only so many items are open, or an error ended the lanes."""
        with self._idle:
            while self._open > until and self._error is None:
                self._idle.wait(0.2)

    def _work(self, name: str, work: Callable[[str, Any], None]) -> None:
        while (item := self._queues[name].get()) is not None and self._error is None:
            try:
                work(name, item)
            except BaseException as error:  # noqa: BLE001 - a thread's error, whatever it is, ends the run in the main thread
                self._error = self._error or error
            finally:
                with self._idle:
                    self._open -= 1
                    self._idle.notify_all()
