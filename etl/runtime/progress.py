"""
How long requests take: what a provider's limits make of them, and no faster than they went so far.

Spacing and requests a minute are known, so that an end is said by them and not guessed; what a single answer takes is
not, and is measured.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from etl.domain import Limits, Request

SHARE = 0.98  # of a weight limit: the rest is for a `curl` from the same address
MINUTE_S = 60.2  # the server's minute and ours are not to the same millisecond


def calls_of(requests: Iterable[Request]) -> int:
    """How many calls requests cost: what proves one is asked for too."""
    return sum(2 if request.proof else 1 for request in requests)


def least_seconds(calls: int, limits: Limits, weight: int = 0) -> float:
    """Seconds that the limits make of so many calls, of a total weight, where none was made before."""
    seconds = calls * limits.spacing_s
    if limits.weight:
        seconds = max(seconds, weight / (SHARE * limits.weight) * limits.weight_window_s)
    full_minutes = (calls - 1) // limits.per_minute if limits.per_minute and calls else 0
    return max(seconds, 60.0 * full_minutes)


@dataclass
class ProviderProgress:
    """One provider's requests of a run; instants are monotonic seconds. `beyond` have no room in its day."""

    limits: Limits
    expected: int = 0
    ended: int = 0
    beyond: int = 0
    began_at: float = 0.0
    last_at: float = 0.0  # when the last one ended
    turns: deque[float] = field(default_factory=deque)  # when the last requests ended, a minute's worth of them

    @property
    def left(self) -> int:
        """Requests that have not ended yet."""
        return self.expected - self.ended

    def expect(self, requests: int, now: float) -> None:
        """So many more; so many fewer where one that failed takes the others of its want with it."""
        if self.left == 0:  # what it waited for work says nothing of its pace
            self.began_at = now - (self.last_at - self.began_at)
        self.expected += requests

    def advance(self, now: float) -> None:
        """One of them ended."""
        self.ended += 1
        self.last_at = now
        self.turns.append(now)
        while len(self.turns) > (self.limits.per_minute or 0):
            self.turns.popleft()

    def ends_in(self, now: float) -> float:
        """Seconds until all that the day has room for has ended."""
        left = max(0, self.left - self.beyond)
        if self.limits.per_minute is None:
            return left * max(self.limits.spacing_s, self._each(now))
        at, turns = now, deque(self.turns)
        for _ in range(left):
            if len(turns) >= self.limits.per_minute:
                at = max(at, turns.popleft() + MINUTE_S)
            at += self.limits.spacing_s
            turns.append(at)
        return at - now

    def _each(self, now: float) -> float:
        """Seconds that each one took so far, those side by side counted together."""
        return (now - self.began_at) / self.ended if self.ended else 0.0
