"""
The documents that `analyze` and `score` keep, and the rows that they stand for.

A kept document is the truth; a row of `lake.notes` or `lake.settlements` is made from it and from nothing else, so a
warehouse that is rebuilt from the lake holds the same notes. Every document says what it is in its key `document`:
`prompt`, `reply`, `note`, `settlement`, and those of `etl.notes.documents.annotations`. Bodies are canonical JSON:
sorted keys, no spaces, UTF-8.
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Protocol

from etl.domain import Response
from etl.errors import DataWrong
from etl.runtime.strict_json import read_json

Keep = Callable[[str, str, bytes], Response]  # kind, subject, body -> the kept answer
NoteRow = dict[str, object]
NoteQuery = Callable[[str, Sequence[object]], list[NoteRow]]  # a SELECT and its parameters -> rows by column name

NOTE_COLUMNS = (
    "note_id", "for_date", "scope", "published_at", "kind", "model", "verified", "summary", "recommendations",
    "facts", "prompt", "document", "sequence", "fetched_at", "sha256",
)  # fmt: skip
SETTLEMENT_COLUMNS = (
    "note_id", "position", "symbol", "stance", "horizon", "model", "scope", "kind", "for_date", "entry_date",
    "exit_date", "status", "benchmark", "excess_return_pct", "is_hit", "confidence", "base_rate", "settled_at",
    "sequence", "fetched_at", "sha256",
)  # fmt: skip


class Cursor(Protocol):
    """What a DuckDB connection gives for a query."""

    @property
    def description(self) -> Sequence[Sequence[object]] | None:
        """The columns, each with its name first."""
        ...

    def fetchall(self) -> list[tuple[object, ...]]:
        """Every row."""
        ...


class NoteConnection(Protocol):
    """The part of a DuckDB connection that is used here."""

    def execute(self, query: str, parameters: object = None) -> Cursor:
        """Run `query` once."""
        ...

    def executemany(self, query: str, parameters: object = None) -> object:
        """Run `query` once for each row of parameters."""
        ...


def query_on(con: NoteConnection) -> NoteQuery:
    """SELECTs on a connection, as rows by column name."""

    def query(sql: str, parameters: Sequence[object]) -> list[NoteRow]:
        cursor = con.execute(sql, list(parameters))
        names = [str(column[0]) for column in cursor.description or ()]
        return [dict(zip(names, values, strict=True)) for values in cursor.fetchall()]

    return query


def body_of(document: Mapping[str, object]) -> bytes:
    """The bytes under which a document is kept: never with NaN, which is no JSON."""
    said = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return said.encode()


def note_id_of(document: Mapping[str, object]) -> str:
    """A name for a note that follows from its content: the same note has the same id wherever it is rebuilt."""
    rest = {k: v for k, v in document.items() if k != "note_id"}
    return f"{document['for_date']}-{hashlib.sha256(body_of(rest)).hexdigest()[:12]}"


def stamp(instant: datetime) -> str:
    """An instant as it stands in a document."""
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


def naive(instant: datetime) -> datetime:
    """An instant as the warehouse keeps it: UTC without a zone."""
    return instant.astimezone(UTC).replace(tzinfo=None)


def document_of(answer: Response) -> dict[str, object]:
    """
    The document in a kept answer; a number in it that is not finite is unknown (None).

    Raises:
        DataWrong: the body is not a document of this project.
    """
    return document_in(answer.body, f"the kept document {answer.sequence}")


def document_in(text: str | bytes, name: str = "a kept document") -> NoteRow:
    """
    The document in a body, or in a column of the warehouse.

    Raises:
        DataWrong: it is none; `name` says which.
    """
    try:
        document = read_json(text, non_finite_as_null=True)
    except ValueError as error:
        raise DataWrong(f"{name} cannot be read: {error}") from None
    if not isinstance(document, dict) or "document" not in document:
        raise DataWrong(f"{name} does not say what it is")
    return document


def kind_of(answer: Response) -> str:
    """`prompt`, `reply`, `note` or `settlement`."""
    return str(document_of(answer)["document"])


def note_row(answer: Response) -> NoteRow:
    """The row of `lake.notes` that a kept note stands for."""
    document = expected(answer, "note")
    return {
        "note_id": document["note_id"],
        "for_date": date.fromisoformat(str(document["for_date"])),
        "scope": document["scope"],
        "published_at": naive(datetime.fromisoformat(str(document["published_at"]))),
        "kind": document["kind"],
        "model": document["model"],
        "verified": document["verified"],
        "summary": document["summary"],
        "recommendations": json.dumps(document["recommendations"], ensure_ascii=False),
        "facts": json.dumps(document["facts"], ensure_ascii=False),
        "prompt": document["prompt"],
        "document": body_of(document).decode(),
        **origin_of(answer),
    }


def settlement_rows(answer: Response) -> list[NoteRow]:
    """The rows of `lake.settlements` that a kept settlement stands for."""
    document = expected(answer, "settlement")
    calls = document["calls"]
    if not isinstance(calls, list):
        raise DataWrong(f"the kept settlement {answer.sequence} has no calls")
    return [
        {
            **call,
            **{k: _day(call[k]) for k in ("for_date", "entry_date", "exit_date")},
            "settled_at": naive(datetime.fromisoformat(str(document["settled_at"]))),
            **origin_of(answer),
        }
        for call in calls
    ]


def insert_notes(con: NoteConnection, rows: Sequence[NoteRow]) -> None:
    """Add rows to `lake.notes`."""
    insert(con, "lake.notes", NOTE_COLUMNS, rows)


def insert_settlements(con: NoteConnection, rows: Sequence[NoteRow]) -> None:
    """Add rows to `lake.settlements`."""
    insert(con, "lake.settlements", SETTLEMENT_COLUMNS, rows)


def insert(con: NoteConnection, table: str, columns: Sequence[str], rows: Sequence[Mapping[str, object]]) -> None:
    """Add rows to a table of the lake."""
    if rows:
        marks = ", ".join("?" for _ in columns)
        query = f"insert into {table} ({', '.join(columns)}) values ({marks})"
        con.executemany(query, [[row[c] for c in columns] for row in rows])


def expected(answer: Response, kind: str) -> NoteRow:
    """
    The document in a kept answer, which is one of this kind.

    Raises:
        DataWrong: it is another.
    """
    document = document_of(answer)
    if document["document"] != kind:
        raise DataWrong(f"the kept document {answer.sequence} is a {document['document']}, not a {kind}")
    return document


def origin_of(answer: Response) -> NoteRow:
    """Which kept answer a row came from."""
    return {"sequence": answer.sequence, "fetched_at": naive(answer.answered_at), "sha256": answer.sha256}


def _day(value: object) -> date | None:
    return None if value is None else date.fromisoformat(str(value))
