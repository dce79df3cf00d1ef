"""
The raw lake: every answer's decoded body, byte for byte with keys redacted, named by its sha256, and its sidecar.

    lake/<provider>/bodies/<first two>/<sha256>              the body; the same body twice is one file
    lake/<provider>/answers/<yyyy-mm-dd>/<sequence>.json     one sidecar for each request
    lake/<provider>/archive/<yyyy-mm-dd>.zip                 both, bundled by `maintain`: etl/raw/archive.py

A sidecar is written after its body, each beside its place and then renamed: what has a sidecar is whole.
"""

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from glob import glob
from pathlib import Path
from typing import Any

from etl.domain import Request, Response
from etl.errors import DataWrong
from etl.raw.archive import Archive, is_archived
from etl.runtime.files import unusable, write_whole


@dataclass(frozen=True, slots=True)
class KeptResponse:
    """A sidecar: everything of an answer but its body."""

    path: Path
    sequence: int
    provider: str
    sidecar: dict[str, Any]


class RawStore:
    """The raw answers of one data folder."""

    def __init__(self, root: Path) -> None:
        self.root, self.archive = root, Archive(root)

    def keep(self, answer: Response) -> None:
        """
        Keep an answer for good.

        Raises:
            FolderUnusable: the folder cannot be written, or the disk is full.
        """
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
        folder = self.root / answer.request.provider / "answers" / answer.asked_at.date().isoformat()
        body = self.body(answer.request.provider, answer.sha256)
        with self.bodies_stay():
            if not body.is_file():
                write_whole(body, answer.body)
            write_whole(folder / f"{answer.sequence:09d}.json", json.dumps(sidecar, sort_keys=True, indent=1).encode())

    @contextmanager
    def bodies_stay(self, *, until_deleted: bool = False) -> Iterator[None]:
        """
        While answers are kept, no body is deleted that another answer turns out to have too, and the other way round.

        Raises:
            FolderUnusable: the folder cannot be written.
        """
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            folder = os.open(self.root, os.O_RDONLY)
        except OSError as error:
            raise unusable(self.root, error) from None
        try:
            fcntl.flock(folder, fcntl.LOCK_EX if until_deleted else fcntl.LOCK_SH)
            yield
        finally:
            fcntl.flock(folder, fcntl.LOCK_UN)  # at once, whoever else may hold this descriptor
            os.close(folder)

    def kept(self) -> Iterator[KeptResponse]:
        """Every sidecar, in the order in which the answers were asked for."""
        for _, path in self.sequences():
            sidecar = self.sidecar(path)
            yield KeptResponse(path, sidecar["sequence"], sidecar["provider"], sidecar)

    def sequences(self) -> list[tuple[int, Path]]:
        """(sequence, sidecar) of every answer whose body is kept, oldest first, without reading one."""
        found = dict(self.archive.sidecars())  # one that is archived and still there as a file is read from its file
        found |= {int(path.stem): path for path in self.root.glob("*/answers/*/*.json")}
        return sorted(found.items())

    def find(self, sequence: int) -> Path | None:
        """The sidecar of a request whose answer was kept."""
        return next(self.root.glob(f"*/answers/*/{sequence:09d}.json"), None)

    def last_sequence(self) -> int:
        """The newest answer's sequence, 0 where there is none; of any day: the newest may not lie in the last one."""
        names = glob("*/answers/*/*.json", root_dir=self.root)
        return max([*self.archive.sequences(), *(int(Path(name).stem) for name in names)], default=0)

    def sidecar(self, path: Path) -> dict[str, Any]:
        """
        What a sidecar says, of a file or of a zip's member.

        Raises:
            DataWrong: its zip is missing, cannot be read or does not have it.
        """
        data = self.archive.read(path.parent, path.name) if is_archived(path) else path.read_bytes()
        if data is None:
            raise DataWrong(f"{path}: missing")
        return json.loads(data)  # type: ignore[no-any-return]  # an object, as it was written

    def open(self, path: Path) -> Response:
        """
        The answer of a sidecar, its body checked against its name.

        Raises:
            DataWrong: the body is missing or is not what was kept.
        """
        sidecar = self.sidecar(path)
        data = self._data(path, sidecar["provider"], sidecar["sha256"])
        request = Request(
            sidecar["provider"],
            sidecar["dataset"],
            sidecar["symbol"],
            sidecar["path"],
            tuple((name, value) for name, value in sidecar["params"]),
        )
        return Response(
            request,
            sidecar["status"],
            sidecar["headers"],
            data,
            datetime.fromisoformat(sidecar["asked_at"]),
            datetime.fromisoformat(sidecar["answered_at"]),
            sidecar["sequence"],
            sidecar["run_id"],
        )

    def _data(self, path: Path, provider: str, sha256: str) -> bytes:
        if is_archived(path):
            body, data = path.parent / sha256, self.archive.read(path.parent, sha256)
        else:
            body = self.body(provider, sha256)
            data = body.read_bytes() if body.is_file() else None
        if data is None or hashlib.sha256(data).hexdigest() != sha256:
            raise DataWrong(f"{body}: {'missing' if data is None else 'changed since it was kept'}")
        return data

    def body(self, provider: str, sha256: str) -> Path:
        """Where a body is as a file."""
        return self.root / provider / "bodies" / sha256[:2] / sha256
