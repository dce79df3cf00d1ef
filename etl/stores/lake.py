"""
The raw lake: every answer's decoded body, byte for byte with keys redacted, named by its sha256, and its sidecar.

    lake/<provider>/bodies/<first two>/<sha256>              the body; the same body twice is one file
    lake/<provider>/answers/<yyyy-mm-dd>/<sequence>.json     one sidecar for each request

A sidecar is written after its body, each beside its place and then renamed: what has a sidecar is whole.
"""

import errno
import hashlib
import json
import os
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from etl.domain import Answer, Request
from etl.errors import DataWrong, FolderUnusable


@dataclass(frozen=True, slots=True)
class Kept:
    """A sidecar: everything of an answer but its body."""

    path: Path
    sequence: int
    provider: str
    sidecar: dict[str, Any]


def unusable(path: Path, error: OSError) -> FolderUnusable:
    """An operating system's refusal in the user's words."""
    if error.errno == errno.ENOSPC:
        return FolderUnusable(f"{path}: the disk is full; nothing that was there is lost")
    return FolderUnusable(f"{path}: cannot be written: {error.strerror}; set MFO_DATA_DIR to a folder that can")


def write_whole(path: Path, data: bytes) -> None:
    """
    Write a file so that it is there whole or not at all.

    Raises:
        FolderUnusable: the folder cannot be written, or the disk is full.
    """
    beside = part_of(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with beside.open("wb") as handle:
            handle.write(data)
            handle.flush()
            os.fsync(handle.fileno())
        os.replace(beside, path)
    except OSError as error:
        discard(beside)
        raise unusable(path.parent, error) from None


def part_of(path: Path) -> Path:
    """Where a file is written before it is renamed: another place for each thread, as lanes keep equal bodies."""
    return path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}.part")


def discard(part: Path) -> None:
    """Delete an unfinished file where it can be deleted."""
    with suppress(OSError):
        part.unlink()


class Lake:
    """The raw answers of one data folder."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def keep(self, answer: Answer) -> None:
        """
        Keep an answer for good.

        Raises:
            FolderUnusable: the folder cannot be written, or the disk is full.
        """
        body = self._body(answer.request.provider, answer.sha256)
        if not body.is_file():
            write_whole(body, answer.body)
        sidecar = {
            "sequence": answer.sequence,
            "run_id": answer.run_id,
            "provider": answer.request.provider,
            "dataset": answer.request.dataset,
            "symbol": answer.request.symbol,
            "path": answer.request.path,
            "params": [list(pair) for pair in answer.request.params],
            "status": answer.status,
            "headers": dict(answer.headers),
            "asked_at": answer.asked_at.isoformat(),
            "answered_at": answer.answered_at.isoformat(),
            "sha256": answer.sha256,
            "bytes": len(answer.body),
        }
        folder = self._root / answer.request.provider / "answers" / answer.asked_at.date().isoformat()
        write_whole(folder / f"{answer.sequence:09d}.json", json.dumps(sidecar, sort_keys=True, indent=1).encode())

    def kept(self) -> Iterator[Kept]:
        """Every sidecar, in the order in which the answers were asked for."""
        paths = self._root.glob("*/answers/*/*.json")
        for path in sorted(paths, key=lambda path: (int(path.stem), path)):
            sidecar = json.loads(path.read_bytes())
            yield Kept(path, sidecar["sequence"], sidecar["provider"], sidecar)

    def sequences(self) -> list[tuple[int, Path]]:
        """(sequence, sidecar) of every answer, oldest first, without reading a file."""
        return sorted((int(path.stem), path) for path in self._root.glob("*/answers/*/*.json"))

    def last_sequence(self) -> int:
        """The newest answer's sequence, 0 where there is none; only each provider's last day is looked at."""
        last = 0
        for answers in self._root.glob("*/answers"):
            days = sorted(day.name for day in answers.iterdir())
            last = max([last, *(int(path.stem) for day in days[-1:] for path in answers.glob(f"{day}/*.json"))])
        return last

    def open(self, path: Path) -> Answer:
        """
        The answer of a sidecar, its body checked against its name.

        Raises:
            DataWrong: the body is missing or is not what was kept.
        """
        sidecar = json.loads(path.read_bytes())
        body = self._body(sidecar["provider"], sidecar["sha256"])
        data = body.read_bytes() if body.is_file() else b""
        if hashlib.sha256(data).hexdigest() != sidecar["sha256"]:
            raise DataWrong(f"{body}: {'changed since it was kept' if body.is_file() else 'missing'}")
        request = Request(
            sidecar["provider"],
            sidecar["dataset"],
            sidecar["symbol"],
            sidecar["path"],
            tuple((name, value) for name, value in sidecar["params"]),
        )
        return Answer(
            request,
            sidecar["status"],
            sidecar["headers"],
            data,
            datetime.fromisoformat(sidecar["asked_at"]),
            datetime.fromisoformat(sidecar["answered_at"]),
            sidecar["sequence"],
            sidecar["run_id"],
        )

    def _body(self, provider: str, sha256: str) -> Path:
        return self._root / provider / "bodies" / sha256[:2] / sha256


def sweep(root: Path) -> int:
    """Delete the unfinished files of killed runs below a data folder; how many there were."""
    found = [path for pattern in ("**/.*.part", "cache/as-of.*") for path in root.glob(pattern) if path.is_file()]
    for path in found:
        path.unlink(missing_ok=True)
    return len(found)
