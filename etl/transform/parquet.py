"""
Typed rows as Parquet (zstd), one file for each relation, source and batch of answers.

    parquet/<relation>/<source>/v<parser>-<first>-<last>.parquet      <first>, <last>: sequences

The columns are those of the schema `lake` in sql/lake.sql. A file is written under another name and renamed, because a
file that a kill cuts short would break every glob. `maintain` merges small files (etl/transform/compaction.py): a batch
keeps its name, whichever file holds it.
"""

import json
import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
import pyarrow.parquet as pq

from etl.runtime.files import discard, part_of, unusable

_AT = pa.timestamp("us")
_VERSION = [("source", pa.string()), ("sequence", pa.int64()), ("fetched_at", _AT)]
_NUMBERS = "open high low close adj_close volume quote_volume"

ARROW_SCHEMAS: Mapping[str, pa.Schema] = {
    "bars": pa.schema(
        [("symbol", pa.string()), ("interval", pa.string()), ("opened_at", _AT), *_VERSION]
        + [("published_at", _AT), ("sha256", pa.string())]
        + [(name, pa.float64()) for name in _NUMBERS.split()]
        + [("trades", pa.int64()), ("taker_buy_volume", pa.float64()), ("taker_buy_quote_volume", pa.float64())]
        + [("adjustment", pa.string()), ("is_final", pa.bool_())]
    ),
    "observations": pa.schema(
        [("series_id", pa.string()), ("date", pa.date32()), ("value", pa.float64()), *_VERSION]
        + [("published_at", _AT), ("vintage_date", pa.date32()), ("sha256", pa.string())]
    ),
    "actions": pa.schema(
        [("symbol", pa.string()), ("ex_date", pa.date32()), ("kind", pa.string()), ("value", pa.float64()), *_VERSION]
        + [("sha256", pa.string())]
    ),
    "book_levels": pa.schema(
        [("symbol", pa.string()), ("taken_at", _AT), ("side", pa.string()), ("level", pa.int32())]
        + [("price", pa.float64()), ("quantity", pa.float64()), *_VERSION, ("sha256", pa.string())]
    ),
    "quotes": pa.schema(
        [("symbol", pa.string()), ("quoted_at", _AT), ("price", pa.float64()), *_VERSION, ("sha256", pa.string())]
    ),
    "series": pa.schema(
        [(name, pa.string()) for name in ("series_id", "title", "units", "frequency", "seasonal_adjustment")]
        + [("last_updated", _AT), *_VERSION, ("sha256", pa.string())]
    ),
    "refused_rows": pa.schema(
        [(name, pa.string()) for name in ("dataset", "symbol", "at", "reason")] + [*_VERSION, ("sha256", pa.string())]
    ),
    "answers": pa.schema(
        [("sequence", pa.int64()), *((name, pa.string()) for name in ("sha256", "source", "dataset", "symbol"))]
        + [("status", pa.int32()), ("fetched_at", _AT), ("run_id", pa.string())]
    ),
    "coverage": pa.schema(
        [("sequence", pa.int64()), *((name, pa.string()) for name in ("sha256", "source", "symbol", "interval"))]
        + [("covers_from", _AT), ("covers_until", _AT), ("fetched_at", _AT), ("run_id", pa.string())]
    ),
    "notes": pa.schema(
        [("note_id", pa.string()), ("for_date", pa.date32()), ("scope", pa.string()), ("published_at", _AT)]
        + [("kind", pa.string()), ("model", pa.string()), ("verified", pa.bool_())]
        + [(name, pa.string()) for name in ("summary", "recommendations", "facts", "prompt", "document")]
        + [("sequence", pa.int64()), ("fetched_at", _AT), ("sha256", pa.string())]
    ),
    "comments": pa.schema(
        [("comment_id", pa.string()), ("for_date", pa.date32())]
        + [(name, pa.string()) for name in ("scope", "author", "text")]
        + [("written_at", _AT), ("sequence", pa.int64()), ("fetched_at", _AT), ("sha256", pa.string())]
    ),
    "hypotheses": pa.schema(
        [("name", pa.string()), ("condition", pa.string()), ("horizon", pa.int32()), ("author", pa.string())]
        + [("added_at", _AT), ("sequence", pa.int64()), ("fetched_at", _AT), ("sha256", pa.string())]
    ),
    "hypothesis_tests": pa.schema(
        [("name", pa.string()), ("tested_at", _AT), ("document", pa.string())]
        + [("sequence", pa.int64()), ("fetched_at", _AT), ("sha256", pa.string())]
    ),
    "publications": pa.schema(
        [("run_id", pa.string()), ("as_of", _AT), ("version", pa.string()), ("known_at", _AT)]
        + [("configuration", pa.string()), ("sequence", pa.int64()), ("fetched_at", _AT), ("sha256", pa.string())]
    ),
    "settlements": pa.schema(
        [("note_id", pa.string()), ("position", pa.int32()), ("symbol", pa.string()), ("stance", pa.string())]
        + [("horizon", pa.int32()), *((name, pa.string()) for name in ("model", "scope", "kind"))]
        + [(name, pa.date32()) for name in ("for_date", "entry_date", "exit_date")]
        + [("status", pa.string()), ("benchmark", pa.string()), ("excess_return_pct", pa.float64())]
        + [("is_hit", pa.bool_()), ("confidence", pa.float64()), ("base_rate", pa.float64()), ("settled_at", _AT)]
        + [("sequence", pa.int64()), ("fetched_at", _AT), ("sha256", pa.string())]
    ),
}


RowsByRelation = dict[tuple[str, str], list[dict[str, Any]]]  # (relation, source) -> rows
BATCH = 500  # answers held in memory at a time, fewer where they hold many rows
ROWS, COLUMNAR_ROWS = 40_000, 300_000  # rows held at a time, as Python objects and as columns
MERGED_ROWS = 300_000  # rows of a merged file
BATCHES = b"mfo.batches"  # the metadata of a merged file: the names of the batches that it holds


@dataclass
class Batch:
    """Answers that are read together: their rows and their columns, and what was read of each."""

    rows: RowsByRelation = field(default_factory=lambda: defaultdict(list))
    tables: dict[tuple[str, str], list[pa.Table]] = field(default_factory=lambda: defaultdict(list))
    readings: list[tuple[int, str, int, int, int]] = field(default_factory=list)

    def take(self, other: "Batch") -> None:
        """Add what another one holds."""
        for key, rows in other.rows.items():
            self.rows[key].extend(rows)
        for key, tables in other.tables.items():
            self.tables[key].extend(tables)
        self.readings += other.readings

    @property
    def is_full(self) -> bool:
        """Whether it should be written before more is read."""
        columnar = sum(table.num_rows for tables in self.tables.values() for table in tables)
        held = self.counted(3) + self.counted(4) - columnar
        return len(self.readings) >= BATCH or held >= ROWS or columnar >= COLUMNAR_ROWS

    def found(self) -> Iterator[tuple[tuple[str, str], "list[dict[str, Any]] | pa.Table"]]:
        """(relation, source) and what is to be written of it."""
        yield from self.rows.items()
        for key, tables in self.tables.items():
            yield key, pa.concat_tables(tables)

    def counted(self, place: Literal[3, 4]) -> int:
        """The sum of one column of the readings."""
        return sum(reading[place] for reading in self.readings)


class Parquet:
    """The Parquet files of one data folder."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def write(
        self,
        relation: str,
        source: str,
        stem: str,
        rows: Sequence[Mapping[str, Any]] | pa.Table,
        batches: Sequence[str] = (),
    ) -> Path:
        """
        Write one batch, rows or columns, or what several `batches` hold; the same again replaces its file.

        Raises:
            FolderUnusable: the folder cannot be written, or the disk is full.
        """
        path = self.root / relation / source / f"{stem}.parquet"
        beside = part_of(path)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            table = (
                rows
                if isinstance(rows, pa.Table)
                else pa.Table.from_pylist([*map(dict, rows)], ARROW_SCHEMAS[relation])
            )
            table = _typed(table, ARROW_SCHEMAS[relation])
            if batches:
                table = table.replace_schema_metadata({BATCHES: json.dumps(list(batches))})
            pq.write_table(table, beside, **_layout(ARROW_SCHEMAS[relation]) | {"store_schema": bool(batches)})
            os.replace(beside, path)
        except OSError as error:
            discard(beside)
            raise unusable(path.parent, error) from None
        return path

    def merge(self, relation: str, source: str, parts: Sequence[Path]) -> Path:
        """
        One file of the rows of several, in their order; then they are deleted.

        Raises:
            FolderUnusable: the folder cannot be written, or the disk is full.
        """
        batches = [name for part in parts for name in self.batches_of(part)]
        stems = [Path(name).stem.split("-") for name in (batches[0], batches[-1])]
        stem = f"{stems[0][0]}-{stems[0][1]}-{stems[1][2]}.of-{len(batches)}"
        table = pa.concat_tables((pq.read_table(part, partitioning=None) for part in parts), promote_options="default")
        path = self.write(relation, source, stem, table, batches)
        for part in parts:
            if part != path:
                part.unlink()
        return path

    def batches_of(self, path: Path) -> list[str]:
        """The names of the batches that a file holds: its own, or those that it was merged of."""
        if ".of-" not in path.name:
            return [self.name_of(path)]
        return list(json.loads(pq.read_metadata(path).metadata[BATCHES]))

    def batches(self, relation: str) -> dict[str, Path]:
        """Batch -> the file that holds it, oldest first; a batch that a merged file holds is read from there."""
        held = [(name, path) for path in self._whole(relation) for name in self.batches_of(path)]
        merged = {name: path for name, path in held if ".of-" in path.name}
        return {name: merged.get(name, path) for name, path in held}

    def names(self) -> set[str]:
        """Every batch that is there."""
        return {name for relation in self.relations() for name in self.batches(relation)}

    def files(self, relation: str) -> list[Path]:
        """Every file of a relation that counts, oldest batch first."""
        return sorted(set(self.batches(relation).values()))

    def superseded(self, relation: str) -> list[Path]:
        """Files whose batches merged ones hold: a kill left them behind."""
        return sorted(set(self._whole(relation)) - set(self.batches(relation).values()))

    def _whole(self, relation: str) -> list[Path]:
        return sorted((self.root / relation).glob("*/*.parquet"))

    def relations(self) -> Iterable[str]:
        """Every relation that may have files."""
        return ARROW_SCHEMAS

    def name_of(self, path: Path) -> str:
        """A file's path below the Parquet folder, the same on every machine."""
        return path.relative_to(self.root).as_posix()

    def of_other_versions(self, source: str, keep_version: int) -> list[Path]:
        """A source's files of other parser versions; those that stay hold the same answers."""
        paths = sorted(self.root.glob(f"*/{source}/v*.parquet"))
        return [path for path in paths if not path.name.startswith(f"v{keep_version}-")]

    def everything(self) -> list[Path]:
        """Every whole file."""
        return sorted(self.root.glob("*/*/*.parquet"))


def _layout(schema: pa.Schema) -> dict[str, Any]:
    """
    How columns lie in a file: words as a dictionary, instants and counts as differences, figures byte by byte.

    Figures repeat so seldom that a dictionary of them costs more time than all the rest; split into bytes they are
    packed and read twice as fast. Nobody looks for a range of them, so that statistics are of the other columns.
    """
    words = [field.name for field in schema if pa.types.is_string(field.type)]
    figures = {field.name for field in schema if pa.types.is_float64(field.type)}
    steps = {field.name for field in schema if pa.types.is_int64(field.type) or pa.types.is_timestamp(field.type)}
    encodings = dict.fromkeys(figures, "BYTE_STREAM_SPLIT") | dict.fromkeys(steps, "DELTA_BINARY_PACKED")
    return {
        "compression": "zstd",
        "use_dictionary": words,
        "column_encoding": encodings,
        "write_statistics": [name for name in schema.names if name not in figures],
        "store_schema": False,
    }


def _typed(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """The columns of a schema in its types; words that are one value many times stay so until they are written."""
    columns = [table[field.name] for field in schema]
    are_words = [pa.types.is_dictionary(column.type) for column in columns]
    typed = [c if words else c.cast(field.type) for c, words, field in zip(columns, are_words, schema, strict=True)]
    return pa.table(typed, names=schema.names).unify_dictionaries()
