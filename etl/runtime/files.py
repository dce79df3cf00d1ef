"""Files that are whole or not there, and the disk's own refusals in our words."""

import errno
import os
import threading
from contextlib import suppress
from pathlib import Path

from etl.errors import FolderUnusable


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


def sweep(root: Path) -> int:
    """Delete the unfinished files of killed runs below a data folder; how many there were."""
    found = [path for pattern in ("**/.*.part", "cache/as-of.*") for path in root.glob(pattern) if path.is_file()]
    for path in found:
        path.unlink(missing_ok=True)
    return len(found)
