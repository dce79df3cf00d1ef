"""
transform: kept answers -> typed Parquet, each answer once for each version of its provider's parser.

A row that cannot be true is refused here, with its reason and the answer that it came from; the rest of its answer is
read. Rows that are not final yet are kept as such and stand in no metric.
"""

import json
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from etl import bars
from etl.coverage import Coverage, covered, covered_by, interval_asked
from etl.domain import CRYPTO_1D, CRYPTO_1M, Answer, Interval, Outcome, Provider, Span
from etl.errors import AnswerError, DataWrong
from etl.notes import opinions, records
from etl.rows import Reader, naive, version_of
from etl.sessions import Session
from etl.sources import ColumnarProvider
from etl.stores.archiving import dropped
from etl.stores.compaction import drop
from etl.stores.journal import Journal
from etl.stores.lake import Lake
from etl.stores.parquet import Batch, Parquet, Rows

OWN = "mfo"  # the documents that analyze and score keep
OWN_READER = 1
READERS, AHEAD = 2, 3  # threads that read answers, and how many answers they may be ahead of the one that writes

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
        unreadable = dropped(self.lake)
        lost = self.journal.files_written() - self.parquet.names()
        if everything or lost:
            self.journal.forget_readings()
            self.journal.note_readings([], drop(self.parquet, self.parquet.everything(), unreadable)[1])
        read = self.journal.read_before()
        versions = {name: provider.parser_version for name, provider in self.providers.items()} | {OWN: OWN_READER}
        new = [(s, path) for s, path in self.lake.sequences() if read.get(s) != versions.get(path.parts[-4])]
        rows_read = refused = 0
        batch = Batch()
        for position, found in enumerate(self._read_ahead(new, versions), start=1):
            batch.take(found)
            if batch.is_full or position == len(new):
                rows_read, refused = rows_read + batch.counted(3), refused + batch.counted(4)
                self._write(batch, versions)
                batch = Batch()
        for name, version in versions.items():  # every answer has been read by this version now
            gone, left = drop(self.parquet, self.parquet.of_other_versions(name, version), unreadable)
            self.journal.forget_files(gone)
            self.journal.note_readings([], left)
        notes = [f"{len(lost)} Parquet files were gone: every answer was read again"] if lost else []
        notes += [f"{refused} rows were refused; data_quality says why"] if refused else []
        return Outcome(f"{len(new)} answers read, {rows_read} rows", notes=tuple(notes), details={"refused": refused})

    def _read_ahead(self, new: Iterable[tuple[int, Path]], versions: Mapping[str, int]) -> Iterator[Batch]:
        """What each kept answer holds, in order; the next ones are unpacked and read while one is written."""
        waiting: deque[Future[Batch]] = deque()
        with ThreadPoolExecutor(READERS) as readers:
            for sequence, path in new:
                waiting.append(readers.submit(self._read_one, sequence, path, versions))
                if len(waiting) > AHEAD:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()

    def _read_one(self, sequence: int, path: Path, versions: Mapping[str, int]) -> Batch:
        """What one kept answer holds."""
        batch, answer = Batch(), self.lake.open(path)
        source = answer.request.provider
        if source in versions:  # a provider that this version does not know any more: its answers stay in the lake
            count, refused = self._read(answer, batch)
            batch.readings.append((sequence, source, versions[source], count, refused))
        return batch

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
            return _read_own(answer, rows)
        provider = self.providers[source]
        try:
            provider.inspect(answer)
            if isinstance(provider, ColumnarProvider) and (counts := _read_table(provider, answer, batch)):
                return counts
            found = list(provider.parse(answer))
        except AnswerError:
            return 0, 0  # extraction wrote down what it was; it is kept, and never read as data
        if not isinstance(provider, ColumnarProvider) or _span(provider, answer):
            rows["coverage", source].extend(_coverage_rows(answer, covered(answer, found)))
        reader = Reader(answer, self.session_of, self.frequency_of)
        for row in found:
            for relation, values in reader.read(row):
                rows[relation, source].append(values)
        return len(found) - reader.refused, reader.refused


def _read_table(provider: ColumnarProvider, answer: Answer, batch: Batch) -> tuple[int, int] | None:
    """An answer that is a table of candles, without an object for each row; None where it is none."""
    span = _span(provider, answer)
    table = provider.read_table(answer) if span else None
    if table is None:
        return None
    interval = interval_asked(dict(answer.request.params)) or TABLES[answer.request.dataset]
    found = bars.checked(table, answer, interval, span)
    source, version = answer.request.provider, version_of(answer)
    dataset, symbol = answer.request.dataset, answer.request.symbol
    batch.tables["bars", source].append(found.bars)
    opened = bars.outermost(found.bars)
    count = found.bars.num_rows + len(found.refused)
    batch.rows["coverage", source].extend(_coverage_rows(answer, covered_by(answer, interval, opened, count)))
    for at, reason in found.refused:
        batch.rows["refused_rows", source].append(
            {"dataset": dataset, "symbol": symbol, "at": at, "reason": reason, **version}
        )
    return found.bars.num_rows, len(found.refused)


def _span(provider: ColumnarProvider, answer: Answer) -> Span | None:
    """What an answer that may be read by columns speaks of: None for a symbol's first candle, which covers nothing."""
    return provider.span(answer.request.path, dict(answer.request.params))


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


def _coverage_rows(answer: Answer, span: Coverage | None) -> list[dict[str, Any]]:
    """The row of `lake.coverage` of a good answer, none where it is not about bars."""
    if span is None:
        return []
    version = {k: v for k, v in answer_row(answer).items() if k not in ("status", "dataset")}
    instants = {"covers_from": naive(span.covers_from), "covers_until": naive(span.covers_until)}
    return [{**version, "interval": span.interval, **instants}]


def _read_own(answer: Answer, rows: Rows) -> tuple[int, int]:
    """A document of our own: notes, settlements, comments ...; prompts and replies stay in the lake only."""
    reader = OWN_DOCUMENTS.get(answer.request.dataset)
    if reader is None:
        return 0, 0
    relation, read = reader
    try:
        found = read(answer)
    except DataWrong as error:  # one document that cannot be read does not stop the others: it is left out and named
        subject = {"dataset": answer.request.dataset, "symbol": answer.request.symbol, "at": str(answer.sequence)}
        rows["refused_rows", OWN].append({**subject, "reason": str(error), **version_of(answer)})
        return 0, 1
    rows[relation, OWN].extend(found)
    return len(found), 0


def _publication_row(answer: Answer) -> dict[str, Any]:
    document = json.loads(answer.body)
    as_of = naive(datetime.fromisoformat(document["as_of"]))
    return {
        **{name: document[name] for name in ("run_id", "version")},
        "as_of": as_of,
        "known_at": as_of,
        "configuration": json.dumps(document["configuration"], sort_keys=True),
        "sequence": answer.sequence,
        "fetched_at": naive(answer.answered_at),
        "sha256": answer.sha256,
    }


OWN_DOCUMENTS: Mapping[str, tuple[str, Callable[[Answer], list[dict[str, Any]]]]] = {
    "note": ("notes", lambda answer: [records.note_row(answer)]),
    "settlement": ("settlements", records.settlement_rows),
    "publication": ("publications", lambda answer: [_publication_row(answer)]),
    "comment": ("comments", lambda answer: [opinions.comment_row(answer)]),
    "hypothesis": ("hypotheses", lambda answer: [opinions.hypothesis_row(answer)]),
    "hypothesis_test": ("hypothesis_tests", lambda answer: [opinions.test_row(answer)]),
}
