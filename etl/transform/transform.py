"""
transform: kept answers -> typed Parquet, each answer once for each version of its provider's parser.

A row that cannot be true is refused here, with its reason and the answer that it came from; the rest of its answer is
read. Rows that are not final yet are kept as such and stand in no metric.
"""

import json
import math
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from etl.domain import (
    CRYPTO_1D,
    CRYPTO_1M,
    Action,
    Bar,
    Book,
    Interval,
    Observation,
    Outcome,
    Provider,
    ProviderRow,
    Quote,
    Response,
    Series,
    Span,
    Unreadable,
)
from etl.errors import DataWrong, ResponseError
from etl.market import bar_tables
from etl.market.releases import bar_published_at, observation_published_at, why_impossible
from etl.market.sessions import Session
from etl.market.spans import LENGTHS, Coverage, covered, covered_by, interval_asked
from etl.market.validation import why_untrue
from etl.providers.protocol import ColumnarProvider
from etl.raw.archiver import dropped
from etl.raw.store import RawStore
from etl.state.run_log import RunLog
from etl.transform.compaction import drop
from etl.transform.parquet import Batch, Parquet, RowsByRelation

CLOCKS_APART = timedelta(minutes=1)  # a trade's own clock and the web server's


def version_of(answer: Response) -> dict[str, Any]:
    """What every row of an answer carries."""
    return {
        "source": answer.request.provider,
        "sequence": answer.sequence,
        "fetched_at": naive(answer.answered_at),
        "sha256": answer.sha256,
    }


class Reader:
    """Turns the rows of one answer into the lake's, and refuses those that cannot be true."""

    def __init__(
        self, answer: Response, session_of: Callable[[date], Session | None], frequency_of: Callable[[str], str]
    ) -> None:
        self._answer, self._session_of, self._frequency_of = answer, session_of, frequency_of
        self._seen: dict[tuple[Any, ...], ProviderRow] = {}
        self.refused = 0
        self._version = version_of(answer)

    def read(self, row: ProviderRow) -> Iterator[tuple[str, dict[str, Any]]]:
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
        elif isinstance(row, Quote):
            at = naive(row.at)
            yield "quotes", {"symbol": row.symbol, "quoted_at": at, "price": row.price, **self._version}
        elif isinstance(row, Book):
            yield from self._book(row)

    def _why_refused(self, row: ProviderRow) -> str | None:
        if isinstance(row, Unreadable):
            return row.reason
        if isinstance(row, Bar):
            if not isinstance(row.at, datetime) and self._session_of(row.at) is None:
                return "the exchange was closed that day"
            return why_untrue(row, self._answer.server_time)
        if isinstance(row, Observation) and row.date > self._answer.server_time.date() + timedelta(days=1):
            return "dated in the future"
        if isinstance(row, Observation) and row.value is not None:
            return why_impossible(row.series_id, row.value)
        if isinstance(row, Action) and not (math.isfinite(row.value) and row.value > 0):
            return f"a {row.kind} of {row.value}"
        if isinstance(row, Quote):
            if row.price is None or row.price <= 0:
                return f"a price of {row.price}"
            return "dated in the future" if row.at > self._answer.server_time + CLOCKS_APART else None
        if isinstance(row, Book) and (not row.bids or not row.asks or row.bids[0][0] >= row.asks[0][0]):
            return "the best bid is not below the best ask"
        return None

    def _refused(self, row: ProviderRow, reason: str) -> dict[str, Any]:
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
            days = [at] if bar.interval == "1d" else [at + timedelta(days=i - at.weekday()) for i in range(7)]
            held = [session for day in days if (session := self._session_of(day))]
            opened, closed, ready = held[0].opened_at, held[-1].closed_at, held[-1].ready_at
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


def _key(row: ProviderRow) -> tuple[Any, ...]:
    if isinstance(row, Bar):
        return "bar", row.symbol, row.interval, row.at
    if isinstance(row, Observation):
        return "observation", row.series_id, row.date, row.vintage_date
    if isinstance(row, Action):
        return "action", row.symbol, row.ex_date, row.kind
    return (type(row).__name__, repr(row))


OWN = "mfo"  # the documents that analyze and score keep
OWN_READER = 1
READERS, AHEAD = 2, 3  # threads that read answers, and how many answers they may be ahead of the one that writes

_TABLES: dict[str, Interval] = {CRYPTO_1M: "1m", CRYPTO_1D: "1d"}


# of each kind of document of our own: its relation, and what makes rows of a kept one
DocumentReaders = Mapping[str, tuple[str, Callable[[Response], list[dict[str, Any]]]]]


@dataclass(frozen=True, slots=True)
class Transformer:
    """What transform reads from and writes to. `session_of(day)` is None where the exchange was closed."""

    lake: RawStore
    parquet: Parquet
    journal: RunLog
    providers: Mapping[str, Provider]
    session_of: Callable[[date], Session | None]
    frequency_of: Callable[[str], str]
    documents: DocumentReaders

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

    def _read(self, answer: Response, batch: Batch) -> tuple[int, int]:
        """Add one answer's rows; (rows, refused rows)."""
        source, rows = answer.request.provider, batch.rows
        rows["answers", source].append(answer_row(answer))
        if source == OWN:
            return _read_own(answer, self.documents, rows)
        provider = self.providers[source]
        try:
            provider.inspect(answer)
            if isinstance(provider, ColumnarProvider) and (counts := _read_table(provider, answer, batch)):
                return counts
            found = list(provider.parse(answer))
        except ResponseError:
            return 0, 0  # extraction wrote down what it was; it is kept, and never read as data
        if not isinstance(provider, ColumnarProvider) or _span(provider, answer):
            rows["coverage", source].extend(_coverage_rows(answer, covered(answer, found)))
        reader = Reader(answer, self.session_of, self.frequency_of)
        for row in found:
            for relation, values in reader.read(row):
                rows[relation, source].append(values)
        return len(found) - reader.refused, reader.refused


def _read_table(provider: ColumnarProvider, answer: Response, batch: Batch) -> tuple[int, int] | None:
    """An answer that is a table of candles, without an object for each row; None where it is none."""
    span = _span(provider, answer)
    table = provider.read_table(answer) if span else None
    if table is None:
        return None
    interval = interval_asked(dict(answer.request.params)) or _TABLES[answer.request.dataset]
    found = bar_tables.checked(table, answer, interval, span)
    source, version = answer.request.provider, version_of(answer)
    dataset, symbol = answer.request.dataset, answer.request.symbol
    batch.tables["bars", source].append(found.bars)
    opened = bar_tables.outermost(found.bars)
    count = found.bars.num_rows + len(found.refused)
    batch.rows["coverage", source].extend(_coverage_rows(answer, covered_by(answer, interval, opened, count)))
    for at, reason in found.refused:
        batch.rows["refused_rows", source].append(
            {"dataset": dataset, "symbol": symbol, "at": at, "reason": reason, **version}
        )
    return found.bars.num_rows, len(found.refused)


def _span(provider: ColumnarProvider, answer: Response) -> Span | None:
    """What an answer that may be read by columns speaks of: None for a symbol's first candle, which covers nothing."""
    return provider.span(answer.request.path, dict(answer.request.params))


def answer_row(answer: Response) -> dict[str, Any]:
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


def _coverage_rows(answer: Response, span: Coverage | None) -> list[dict[str, Any]]:
    """The row of `lake.coverage` of a good answer, none where it is not about bars."""
    if span is None:
        return []
    version = {k: v for k, v in answer_row(answer).items() if k not in ("status", "dataset")}
    instants = {"covers_from": naive(span.covers_from), "covers_until": naive(span.covers_until)}
    return [{**version, "interval": span.interval, **instants}]


def _read_own(answer: Response, documents: DocumentReaders, rows: RowsByRelation) -> tuple[int, int]:
    """A document of our own: notes, settlements, comments ...; prompts and replies stay in the lake only."""
    reader = {"publication": ("publications", _publication_rows), **documents}.get(answer.request.dataset)
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


def _publication_rows(answer: Response) -> list[dict[str, Any]]:
    document = json.loads(answer.body)
    as_of = naive(datetime.fromisoformat(document["as_of"]))
    row = {
        **{name: document[name] for name in ("run_id", "version")},
        "as_of": as_of,
        "known_at": as_of,
        "configuration": json.dumps(document["configuration"], sort_keys=True),
        "sequence": answer.sequence,
        "fetched_at": naive(answer.answered_at),
        "sha256": answer.sha256,
    }
    return [row]
