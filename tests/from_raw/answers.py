"""The raw answers of a data folder, read with nothing but the standard library: sidecars and the bodies they name."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class RawAnswer:
    """One kept answer: who was asked for what, when it answered and with which status, and where its body is."""

    provider: str
    dataset: str
    symbol: str
    status: int
    sequence: int
    run_id: str
    asked_at: datetime
    answered_at: datetime
    sha256: str
    body: Path

    @property
    def data(self) -> bytes:
        """The body, which must be what its name says."""
        data = self.body.read_bytes()
        assert hashlib.sha256(data).hexdigest() == self.sha256, f"{self.body} is not what was kept"
        return data

    @property
    def document(self) -> Any:
        """The body as JSON."""
        return json.loads(self.data)


def read_answer(sidecar: Path, lake: Path) -> RawAnswer:
    """The answer of one sidecar."""
    said = json.loads(sidecar.read_text(encoding="utf-8"))
    return RawAnswer(
        said["provider"],
        said["dataset"],
        said["symbol"],
        said["status"],
        said["sequence"],
        said["run_id"],
        datetime.fromisoformat(said["asked_at"]),
        datetime.fromisoformat(said["answered_at"]),
        said["sha256"],
        lake / said["provider"] / "bodies" / said["sha256"][:2] / said["sha256"],
    )


class RawLake:
    """Every answer below `lake/`, oldest first."""

    def __init__(self, lake: Path) -> None:
        self._lake = lake

    @cached_property
    def answers(self) -> tuple[RawAnswer, ...]:
        """All answers, in the order in which they were asked for."""
        found = [read_answer(path, self._lake) for path in self._lake.glob("*/answers/*/*.json")]
        return tuple(sorted(found, key=lambda answer: answer.sequence))

    def of(self, provider: str, dataset: str, symbol: str | None = None) -> list[RawAnswer]:
        """The good answers of one provider for one dataset (and symbol)."""
        return [
            answer
            for answer in self.answers
            if (answer.provider, answer.dataset) == (provider, dataset)
            and answer.status == 200
            and symbol in (None, answer.symbol)
        ]
