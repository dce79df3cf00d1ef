"""
Bundling old answers into zips, and dropping the bodies of those that are older still.

A day's zip is written whole and read back before its files are deleted, so that a kill at any point leaves each answer
in its files, in its zip or in both. Documents of our own (notes, settlements, publications) are never dropped: no
source gives them again.
"""

import hashlib
import json
import os
import zipfile
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from etl.errors import DataWrong
from etl.raw.archive import BundledDay, member
from etl.raw.store import RawStore
from etl.runtime.files import discard, part_of, unusable, write_whole

_OWN = "mfo"  # the provider's place of our own documents
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the same members make the same zip
ZIP = b"PK"  # a body that is a zip itself does not get smaller


@dataclass(frozen=True, slots=True)
class BundleReport:
    """What was done: answers, and the days and providers that they are of."""

    answers: int = 0
    bundles: int = 0


def bundle_before(lake: RawStore, day: date) -> BundleReport:
    """
    Bundle every day before this one; a zip that is there already gains what came since.

    Raises:
        DataWrong: a body is missing or changed; nothing of that day is deleted.
        FolderUnusable: the disk is full, or the folder cannot be written.
    """
    answers = bundles = 0
    for folder in sorted(lake.root.glob("*/answers")):
        provider = folder.parent.name
        days = sorted(one for one in folder.iterdir() if one.is_dir() and one.name < day.isoformat())
        for one in days:
            answers += _bundle(lake, provider, one)
        bundles += len(days)
        if days:
            _delete_unused_bodies(lake, provider)
    return BundleReport(answers, bundles)


def _bundle(lake: RawStore, provider: str, folder: Path) -> int:
    """One day of one provider: its zip, then the index, then its sidecars' files go."""
    paths = sorted(folder.glob("*.json"))
    if paths:
        _write(lake, provider, folder.name, _members_of(lake, lake.archive.bundle(provider, folder.name), paths))
    for path in paths:
        path.unlink()
    with suppress(OSError):  # not empty: an answer of that day came meanwhile, and waits for the next time
        folder.rmdir()
    return len(paths)


def _members_of(lake: RawStore, bundle: Path, paths: Iterable[Path]) -> Iterator[tuple[str, bytes]]:
    """What is bundled already, then sidecars and bodies that are files, one at a time."""
    if bundle.is_file():
        yield from _members(lake, bundle, lake.archive.names(bundle))
    for path in paths:
        answer = lake.open(path)
        yield path.name, path.read_bytes()
        yield answer.sha256, answer.body


def _members(lake: RawStore, bundle: Path, names: Iterable[str]) -> Iterator[tuple[str, bytes]]:
    for name in names:
        data = lake.archive.read(bundle, name)
        if data is None:
            raise DataWrong(f"{bundle}: {name} is missing")
        yield name, data


def _write(
    lake: RawStore, provider: str, day: str, members: Iterable[tuple[str, bytes]], *, is_dropped: bool = False
) -> None:
    """A zip, read back before it takes its name; then the index."""
    bundle, days = lake.archive.bundle(provider, day), lake.archive.index(provider)
    part = part_of(bundle)
    try:
        bundle.parent.mkdir(parents=True, exist_ok=True)
        sequences = _pack(part, members)
        _read_back(part)
        lake.archive.forget()
        os.replace(part, bundle)
    except OSError as error:
        raise unusable(bundle.parent, error) from None
    finally:
        discard(part)
    said = {**days, day: BundledDay(tuple(sequences), is_dropped)}
    index = {day: {"sequences": one.sequences, "is_dropped": one.is_dropped} for day, one in sorted(said.items())}
    write_whole(bundle.parent / "index.json", json.dumps(index).encode())


def _pack(path: Path, members: Iterable[tuple[str, bytes]]) -> list[int]:
    """Each member once, in the order in which they come; the sequences among them."""
    written: set[str] = set()
    with path.open("wb") as handle:
        with zipfile.ZipFile(handle, "w") as bundle:
            for name, data in members:
                if name not in written:
                    how = zipfile.ZIP_STORED if data.startswith(ZIP) else zipfile.ZIP_DEFLATED
                    bundle.writestr(zipfile.ZipInfo(name, _EPOCH), data, how)
                    written.add(name)
        handle.flush()
        os.fsync(handle.fileno())
    return sorted(int(name.removesuffix(".json")) for name in written if name.endswith(".json"))


def _read_back(path: Path) -> None:
    with zipfile.ZipFile(path) as bundle:
        for name in bundle.namelist():
            data = bundle.read(name)  # its checksum is tested, too
            if not name.endswith(".json") and hashlib.sha256(data).hexdigest() != name:
                raise DataWrong(f"{path}: {name} is not what was written")


def _delete_unused_bodies(lake: RawStore, provider: str) -> None:
    """Files of bodies that no sidecar's file names any more; nobody keeps an answer meanwhile."""
    with lake.bodies_stay(until_deleted=True):
        sidecars = (lake.root / provider / "answers").glob("*/*.json")
        used = {json.loads(path.read_bytes())["sha256"] for path in sidecars}
        for path in (lake.root / provider / "bodies").glob("*/*"):
            if path.name not in used and not path.name.startswith("."):
                path.unlink()


def drop_before(lake: RawStore, day: date, read: Collection[int]) -> BundleReport:
    """
    Drop the bodies of every archived day before this one whose answers are all among those that were `read`; the
    sidecars stay, and say what was asked and the sha256.

    Raises:
        DataWrong: a zip cannot be read.
        FolderUnusable: the disk is full, or the folder cannot be written.
    """
    answers = bundles = 0
    for provider in lake.archive.providers():
        if provider == _OWN:
            continue
        for name, said in lake.archive.index(provider).items():
            if name < day.isoformat() and not said.is_dropped and set(said.sequences) <= set(read):
                sidecars = _members(lake, lake.archive.bundle(provider, name), map(member, said.sequences))
                _write(lake, provider, name, sidecars, is_dropped=True)
                answers, bundles = answers + len(said.sequences), bundles + 1
    return BundleReport(answers, bundles)


def dropped(lake: RawStore) -> frozenset[int]:
    """The sequences of answers whose bodies are gone: what was read of them stands in Parquet only."""
    return frozenset(lake.archive.sequences(dropped_only=True))
