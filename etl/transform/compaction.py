"""
Compaction: many small Parquet files of one relation, source and parser version become one, `<stem>.of-<n>.parquet`.

A merged file names the batches that it holds in its own metadata, and everything else (the journal, the warehouse's
`loaded_files`) knows batches only. So merging changes one folder and nothing else: a kill between the merged file and
the deletion of its parts leaves both, of which the merged one counts.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from etl.transform.parquet import MERGED_ROWS, Parquet


@dataclass(frozen=True, slots=True)
class Compacted:
    """How many files became how many."""

    before: int = 0
    after: int = 0


def compact(parquet: Parquet, loaded: Collection[str]) -> Compacted:
    """
    Merge small files whose batches are all in `loaded`; those that the next load brings stay as they are.

    Raises:
        FolderUnusable: the folder cannot be written, or the disk is full.
    """
    before = after = 0
    for relation in parquet.relations():
        for path in parquet.superseded(relation):
            path.unlink()  # what a kill left behind
        files = [path for path in parquet.files(relation) if path.name.startswith("v")]
        files = [path for path in files if set(parquet.batches_of(path)) <= set(loaded)]
        for (source, _), group in groupby(files, lambda path: (path.parent.name, path.name.partition("-")[0])):
            for parts in _small(list(group)):
                parquet.merge(relation, source, parts)
                before, after = before + len(parts), after + 1
    return Compacted(before, after)


def _small(files: list[Path]) -> Iterator[list[Path]]:
    """Neighbours that together have at most MERGED_ROWS rows, at least two of them."""
    parts: list[Path] = []
    rows = 0
    for path in files:
        count = pq.read_metadata(path).num_rows
        if parts and rows + count > MERGED_ROWS:
            yield from [parts] if len(parts) > 1 else []
            parts, rows = [], 0
        parts, rows = [*parts, path], rows + count
    yield from [parts] if len(parts) > 1 else []


def drop(parquet: Parquet, paths: Collection[Path], unreadable: Collection[int] = ()) -> tuple[list[str], list[str]]:
    """
    Delete files whose answers are read again. The rows of answers that cannot be (retention dropped their bodies)
    go on as `kept-<stem>`.

    Returns the names of the batches that are gone, and of those that hold what went on.

    Raises:
        FolderUnusable: the folder cannot be written, or the disk is full.
    """
    gone, left, wanted = [], [], pa.array(sorted(unreadable), pa.int64())
    for path in paths:
        batches = parquet.batches_of(path)
        if unreadable:
            table = pq.read_table(path, partitioning=None)
            kept = table.filter(pc.is_in(table["sequence"], wanted))
            if kept.num_rows:
                relation, source = path.parts[-3:-1]
                stem = f"kept-{path.name.removesuffix('.parquet').removeprefix('kept-').replace('.of-', '-of-')}"
                written = parquet.write(relation, source, stem, kept)
                left.append(parquet.name_of(written))
                if written == path:
                    continue
        gone += batches
        path.unlink()
    return gone, left
