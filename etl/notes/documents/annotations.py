"""
What analysts say, as documents and rows: comments on notes, hypotheses, and what each test of one found.

Kept like notes: the document is the truth, and a row of `lake.comments`, `lake.hypotheses` or `lake.hypothesis_tests`
is made from it and from nothing else.
"""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date, datetime

from etl.domain import Response
from etl.notes.documents import note
from etl.notes.documents.note import NoteConnection, NoteRow

_COLUMNS = {
    "comments": ("comment_id", "for_date", "scope", "author", "text", "written_at"),
    "hypotheses": ("name", "condition", "horizon", "author", "added_at"),
    "hypothesis_tests": ("name", "tested_at", "document"),
}
ORIGIN = ("sequence", "fetched_at", "sha256")


def comment(*, for_date: date, scope: str, author: str, text: str, now: datetime) -> NoteRow:
    """A comment as it is kept; its id follows from its content."""
    said: NoteRow = {
        "document": "comment", "for_date": for_date.isoformat(), "scope": scope, "author": author, "text": text,
        "written_at": note.stamp(now),
    }  # fmt: skip
    return {**said, "comment_id": f"{for_date}-{hashlib.sha256(note.body_of(said)).hexdigest()[:12]}"}


def comment_row(answer: Response) -> NoteRow:
    """The row of `lake.comments` that a kept comment stands for."""
    document = note.expected(answer, "comment")
    texts = {name: document[name] for name in ("comment_id", "scope", "author", "text")}
    day = date.fromisoformat(str(document["for_date"]))
    return {**texts, "for_date": day, "written_at": _at(document["written_at"]), **note.origin_of(answer)}


def hypothesis_row(answer: Response) -> NoteRow:
    """The row of `lake.hypotheses` that a kept hypothesis stands for."""
    document = note.expected(answer, "hypothesis")
    own = {name: document[name] for name in ("name", "condition", "horizon", "author")}
    return {**own, "added_at": _at(document["added_at"]), **note.origin_of(answer)}


def test_row(answer: Response) -> NoteRow:
    """The row of `lake.hypothesis_tests` that a kept test stands for."""
    document = note.expected(answer, "hypothesis_test")
    own = {"name": document["name"], "tested_at": _at(document["tested_at"])}
    return {**own, "document": note.body_of(document).decode(), **note.origin_of(answer)}


def insert(con: NoteConnection, relation: str, rows: Sequence[Mapping[str, object]]) -> None:
    """Add rows to `lake.comments`, `lake.hypotheses` or `lake.hypothesis_tests`."""
    note.insert(con, f"lake.{relation}", (*_COLUMNS[relation], *ORIGIN), rows)


def _at(text: object) -> datetime:
    return note.naive(datetime.fromisoformat(str(text)))
