"""Requests at a steady rate over kept-alive connections: what came back, how fast, and what went wrong."""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from http.client import HTTPConnection


@dataclass
class Load:
    """What many readers saw: the status of each answer, its time in seconds, and errors by their name."""

    statuses: list[int] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    took: float = 0.0

    @property
    def per_second(self) -> float:
        """Answers a second."""
        return len(self.statuses) / self.took

    def slowest(self, share: float) -> float:
        """The time within which this share of the answers came."""
        return sorted(self.seconds)[min(len(self.seconds) - 1, int(share * len(self.seconds)))]


def load(port: int, paths: Sequence[str], *, per_second: float, seconds: float, readers: int = 8) -> Load:
    """Ask for the paths in turn at that rate, spread over readers with a connection each."""
    seen, lock = Load(), threading.Lock()
    began = time.monotonic() + 0.05
    total = int(per_second * seconds)

    def read(first: int) -> None:
        wire = HTTPConnection("127.0.0.1", port, timeout=10)
        for place in range(first, total, readers):
            time.sleep(max(0.0, began + place / per_second - time.monotonic()))
            asked = time.monotonic()
            try:
                wire.request("GET", paths[place % len(paths)], headers={"Accept-Encoding": "gzip"})
                answer = wire.getresponse()
                answer.read()
                with lock:
                    seen.statuses.append(answer.status)
                    seen.seconds.append(time.monotonic() - asked)
            except OSError as error:
                wire.close()
                with lock:
                    seen.errors.append(type(error).__name__)
        wire.close()

    threads = [threading.Thread(target=read, args=(first,)) for first in range(readers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seen.took = time.monotonic() - began
    return seen
