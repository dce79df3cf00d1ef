"""
Archived answers: the sidecars and bodies of one provider and one day in one zip, and an index of all of its zips.

    lake/<provider>/archive/<yyyy-mm-dd>.zip    <sequence>.json and <sha256>, byte for byte what they were as files
    lake/<provider>/archive/index.json          day -> its sequences, and whether its bodies were dropped

A path into a zip is written as if the zip were a folder: `archive/2025-10-24.zip/000000012.json`. The index only saves
the reading of every zip at every start: a day that it lacks is read from the zip itself.
"""

import json
import threading
import zipfile
import zlib
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from etl.errors import DataWrong

OPEN_ZIPS = (
    16  # answers come in the order in which they were asked for, so that several providers' days are read at once
)


@dataclass(frozen=True, slots=True)
class BundledDay:
    """What the index says of one day: the sequences in order, and whether only their sidecars are left."""

    sequences: tuple[int, ...]
    is_dropped: bool = False


def member(sequence: int) -> str:
    """A sidecar's name, in a folder and in a zip."""
    return f"{sequence:09d}.json"


def is_archived(path: Path) -> bool:
    """Whether a sidecar's path leads into a zip."""
    return path.parent.suffix == ".zip"


class Archive:
    """The zips of one lake, read only."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._open: OrderedDict[Path, zipfile.ZipFile] = OrderedDict()
        self._lock = threading.Lock()

    def folder(self, provider: str) -> Path:
        """Where a provider's zips are."""
        return self._root / provider / "archive"

    def bundle(self, provider: str, day: str) -> Path:
        """The zip of a provider's day."""
        return self.folder(provider) / f"{day}.zip"

    def index(self, provider: str) -> dict[str, BundledDay]:
        """
        Every day that has a zip, whether the index names it or not.

        Raises:
            DataWrong: a zip cannot be read.
        """
        path = self.folder(provider) / "index.json"
        said = json.loads(path.read_bytes()) if path.is_file() else {}
        days = {}
        for bundle in sorted(self.folder(provider).glob("*.zip")):
            if bundle.stem in said:
                days[bundle.stem] = BundledDay(tuple(said[bundle.stem]["sequences"]), said[bundle.stem]["is_dropped"])
            else:
                days[bundle.stem] = self._day_of(bundle)
        return days

    def _day_of(self, bundle: Path) -> BundledDay:
        names = self.names(bundle)
        sidecars = sorted(int(name.removesuffix(".json")) for name in names if name.endswith(".json"))
        return BundledDay(tuple(sidecars), is_dropped=len(sidecars) == len(names))

    def providers(self) -> list[str]:
        """Whose answers are archived."""
        return sorted(path.parent.name for path in self._root.glob("*/archive"))

    def sidecars(self) -> Iterator[tuple[int, Path]]:
        """(sequence, path into its zip) of every archived answer whose body is there."""
        for provider in self.providers():
            for day, said in self.index(provider).items():
                if not said.is_dropped:
                    bundle = self.bundle(provider, day)
                    yield from ((sequence, bundle / member(sequence)) for sequence in said.sequences)

    def sequences(self, *, dropped_only: bool = False) -> Iterable[int]:
        """The sequences of every archived answer, or of those whose bodies were dropped."""
        for provider in self.providers():
            for said in self.index(provider).values():
                if said.is_dropped or not dropped_only:
                    yield from said.sequences

    def names(self, bundle: Path) -> list[str]:
        """
        The members of a zip.

        Raises:
            DataWrong: it cannot be read.
        """
        with self._lock:
            return self._opened(bundle).namelist()

    def read(self, bundle: Path, name: str) -> bytes | None:
        """
        One member's bytes; None where the zip does not have it.

        Raises:
            DataWrong: it cannot be read.
        """
        with self._lock:
            try:
                return self._opened(bundle).read(name)
            except KeyError:
                return None
            except (zipfile.BadZipFile, zlib.error, EOFError) as error:
                raise DataWrong(f"{bundle}: {name} cannot be read: {error}") from None

    def forget(self) -> None:
        """Close what is open: zips are about to be replaced."""
        with self._lock:
            while self._open:
                self._open.popitem()[1].close()

    def _opened(self, bundle: Path) -> zipfile.ZipFile:
        if bundle in self._open:
            self._open.move_to_end(bundle)
            return self._open[bundle]
        try:
            self._open[bundle] = zipfile.ZipFile(bundle)
        except FileNotFoundError:
            raise DataWrong(f"{bundle}: missing") from None
        except (zipfile.BadZipFile, OSError) as error:
            raise DataWrong(f"{bundle}: changed since it was kept: {error}") from None
        if len(self._open) > OPEN_ZIPS:
            self._open.popitem(last=False)[1].close()
        return self._open[bundle]
