"""
transform: kept answers -> typed Parquet, each answer once for each version of its provider's parser.

A row that cannot be true is refused here, with its reason and the answer that it came from; the rest of its answer is
read. Rows that are not final yet are kept as such and stand in no metric.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from etl import bars
from etl.bars import LENGTHS, why_untrue
from etl.domain import (
    CRYPTO_1D,
    CRYPTO_1M,
    Action,
    Answer,
    Bar,
    Book,
    ColumnarProvider,
    Interval,
    Observation,
    Outcome,
    Provider,
    Row,
    Series,
    Unreadable,
)
from etl.errors import AnswerError
from etl.notes import records
from etl.publication import bar_published_at, observation_published_at
from etl.sessions import Session
from etl.stores.journal import Journal
from etl.stores.lake import Lake
from etl.stores.parquet import Batch, Parquet, Rows

OWN = "mfo"  # the documents that analyze and score keep
OWN_READER = 1

TABLES: dict[str, Interval] = {CRYPTO_1M: "1m", CRYPTO_1D: "1d"}


@dataclass(frozen=True, slots=True)
class Transformer:
    """What transform reads from and writes to. `session_of(day)` is None where the exchange was closed."""

    lake: Lake
    parquet: Parquet
    journal: Journal
    providers: Mapping[str, Provider]
    session_of: Callable[[date], Session | None]
    frequency_of: Callable[[str], str]

    def run(self, *, everything: bool = False) -> Outcome:
        """
        Read every answer that its provider's parser has not read yet; with `everything`, all of them again.

        Raises:
            DataWrong: a kept body is missing or changed.
            FolderUnusable: Parquet cannot be written.
        """
        present = {self.parquet.name_of(path) for name in self.parquet.relations() for path in self.parquet.files(name)}
        lost = self.journal.files_written() - present
        if everything or lost:
            self.journal.forget_readings()
            self.parquet.clear()
        read = self.journal.read_before()
        versions = {name: provider.parser_version for name, provider in self.providers.items()} | {OWN: OWN_READER}
        new = [(s, path) for s, path in self.lake.sequences() if read.get(s) != versions.get(path.parts[-4])]
        rows_read = refused = 0
        batch = Batch()
        for position, (sequence, path) in enumerate(new, start=1):
            self._read_one(sequence, path, batch, versions)
            if batch.is_full or position == len(new):
                rows_read, refused = rows_read + batch.counted(3), refused + batch.counted(4)
                self._write(batch, versions)
                batch = Batch()
        for name, version in versions.items():  # every answer has been read by this version now
            self.journal.forget_files(self.parquet.drop(name, version))
        notes = [f"{len(lost)} Parquet files were gone: every answer was read again"] if lost else []
        notes += [f"{refused} rows were refused; data_quality says why"] if refused else []
        return Outcome(f"{len(new)} answers read, {rows_read} rows", notes=tuple(notes), details={"refused": refused})

    def _read_one(self, sequence: int, path: Path, batch: Batch, versions: Mapping[str, int]) -> None:
        """Add one kept answer to a batch."""
        answer = self.lake.open(path)
        source = answer.request.provider
        if source not in versions:
            return  # a provider that this version does not know any more: its answers stay in the lake
        count, refused = self._read(answer, batch)
        batch.readings.append((sequence, source, versions[source], count, refused))

    def _write(self, batch: Batch, versions: Mapping[str, int]) -> None:
        """A file for each relation and source of a batch; then its answers count as read."""
        if not batch.readings:
            return
        span = f"{batch.readings[0][0]:09d}-{batch.readings[-1][0]:09d}"
        files = [
            self.parquet.name_of(self.parquet.write(relation, source, f"v{versions[source]}-{span}", rows))
            for (relation, source), rows in batch.found()
        ]
        self.journal.note_readings(batch.readings, files)

    def _read(self, answer: Answer, batch: Batch) -> tuple[int, int]:
        """Add one answer's rows; (rows, refused rows)."""
        source, rows = answer.request.provider, batch.rows
        rows["answers", source].append(answer_row(answer))
        if source == OWN:
            return _read_own(answer, rows), 0
        provider = self.providers[source]
        try:
            provider.inspect(answer)
            if isinstance(provider, ColumnarProvider) and (counts := _read_table(provider, answer, batch)):
                return counts
            found = list(provider.parse(answer))
        except AnswerError:
            return 0, 0  # extraction wrote down what it was; it is kept, and never read as data
        reader = _Reader(answer, self.session_of, self.frequency_of)
        for row in found:
            for relation, values in reader.read(row):
                rows[relation, source].append(values)
        return len(found) - reader.refused, reader.refused


def _read_table(provider: ColumnarProvider, answer: Answer, batch: Batch) -> tuple[int, int] | None:
    """An answer that is a table of candles, without an object for each row; None where it is none."""
    span = provider.span(answer.request.path, dict(answer.request.params))
    table = provider.read_table(answer) if span else None
    if table is None:
        return None
    found = bars.checked(table, answer, TABLES[answer.request.dataset], span)
    source, version = answer.request.provider, _version(answer)
    dataset, symbol = answer.request.dataset, answer.request.symbol
    batch.tables["bars", source].append(found.bars)
    for at, reason in found.refused:
        batch.rows["refused_rows", source].append(
            {"dataset": dataset, "symbol": symbol, "at": at, "reason": reason, **version}
        )
    return found.bars.num_rows, len(found.refused)


def _version(answer: Answer) -> dict[str, Any]:
    """What every row of an answer carries."""
    return {
        "source": answer.request.provider,
        "sequence": answer.sequence,
        "fetched_at": naive(answer.answered_at),
        "sha256": answer.sha256,
    }


class _Reader:
    """Turns the rows of one answer into the lake's, and refuses those that cannot be true."""

    def __init__(
        self, answer: Answer, session_of: Callable[[date], Session | None], frequency_of: Callable[[str], str]
    ) -> None:
        self._answer, self._session_of, self._frequency_of = answer, session_of, frequency_of
        self._seen: dict[tuple[Any, ...], Row] = {}
        self.refused = 0
        self._version = _version(answer)

    def read(self, row: Row) -> Iterator[tuple[str, dict[str, Any]]]:
        """(relation, values) of one row: nothing for a repetition, a refused row where it cannot be true."""
        key = _key(row)
        if key in self._seen and self._seen[key] == row:
            return
        reason = "the same row twice in one answer, with other values" if key in self._seen else self._why_refused(row)
        if reason:
            self.refused += 1
            yield "refused_rows", self._refused(row, reason)
            return
        self._seen[key] = row
        if isinstance(row, Bar):
            yield "bars", self._bar(row)
        elif isinstance(row, Observation):
            yield "observations", self._observation(row)
        elif isinstance(row, Action):
            yield "actions", {**_fields(row), **self._version}
        elif isinstance(row, Series):
            yield "series", {**_fields(row), "last_updated": naive(row.last_updated), **self._version}
        elif isinstance(row, Book):
            yield from self._book(row)

    def _why_refused(self, row: Row) -> str | None:
        if isinstance(row, Unreadable):
            return row.reason
        if isinstance(row, Bar):
            if not isinstance(row.at, datetime) and self._session_of(row.at) is None:
                return "the exchange was closed that day"
            return why_untrue(row, self._answer.server_time)
        if isinstance(row, Observation) and row.date > self._answer.server_time.date() + timedelta(days=1):
            return "dated in the future"
        if isinstance(row, Action) and not (math.isfinite(row.value) and row.value > 0):
            return f"a {row.kind} of {row.value}"
        if isinstance(row, Book) and (not row.bids or not row.asks or row.bids[0][0] >= row.asks[0][0]):
            return "the best bid is not below the best ask"
        return None

    def _refused(self, row: Row, reason: str) -> dict[str, Any]:
        symbol = row.series_id if isinstance(row, Observation | Series) else row.symbol
        at = next((str(getattr(row, name)) for name in ("at", "date", "ex_date") if hasattr(row, name)), "")
        return {"dataset": self._answer.request.dataset, "symbol": symbol, "at": at, "reason": reason, **self._version}

    def _bar(self, bar: Bar) -> dict[str, Any]:
        values = _fields(bar)
        at = values.pop("at")
        if isinstance(at, datetime):
            opened, closed = at, at + LENGTHS[bar.interval]
            ready = closed
        else:
            session = self._session_of(at)
            if session is None:
                raise AssertionError("a bar without a session was refused before")
            opened, closed, ready = session.opened_at, session.closed_at, session.ready_at
        values |= {
            "opened_at": naive(opened),
            "published_at": naive(bar_published_at(bar.interval, opened, closed)),
            "is_final": ready <= self._answer.server_time,
        }
        return values | self._version

    def _observation(self, row: Observation) -> dict[str, Any]:
        published = observation_published_at(row.series_id, row.date, self._frequency_of(row.series_id))
        return {**_fields(row), "published_at": naive(published), **self._version}

    def _book(self, book: Book) -> Iterator[tuple[str, dict[str, Any]]]:
        taken = naive(self._answer.server_time)
        for side, levels in (("bid", book.bids), ("ask", book.asks)):
            for level, (price, quantity) in enumerate(levels, start=1):
                yield (
                    "book_levels",
                    {
                        "symbol": book.symbol,
                        "taken_at": taken,
                        "side": side,
                        "level": level,
                        "price": price,
                        "quantity": quantity,
                        **self._version,
                    },
                )


def naive(instant: datetime) -> datetime:
    """An instant as the warehouse writes it: a TIMESTAMP that means UTC."""
    return instant.astimezone(UTC).replace(tzinfo=None)


def _fields(row: Any) -> dict[str, Any]:
    return {name: getattr(row, name) for name in row.__slots__}


def _key(row: Row) -> tuple[Any, ...]:
    if isinstance(row, Bar):
        return "bar", row.symbol, row.interval, row.at
    if isinstance(row, Observation):
        return "observation", row.series_id, row.date, row.vintage_date
    if isinstance(row, Action):
        return "action", row.symbol, row.ex_date, row.kind
    return (type(row).__name__, repr(row))


def answer_row(answer: Answer) -> dict[str, Any]:
    """The row of `lake.answers` of one answer."""
    return {
        "sequence": answer.sequence,
        "sha256": answer.sha256,
        "source": answer.request.provider,
        "dataset": answer.request.dataset,
        "symbol": answer.request.symbol,
        "status": answer.status,
        "fetched_at": naive(answer.answered_at),
        "run_id": answer.run_id,
    }


def _read_own(answer: Answer, rows: Rows) -> int:
    """A document of our own: a note or settlements; prompts and replies stay in the lake only."""
    if answer.request.dataset == "note":
        rows["notes", OWN].append(records.note_row(answer))
        return 1
    if answer.request.dataset == "settlement":
        found = records.settlement_rows(answer)
        rows["settlements", OWN].extend(found)
        return len(found)
    return 0
