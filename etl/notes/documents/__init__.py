"""What is kept of notes as JSON documents, and the rows that each kind of them becomes in the warehouse."""

from etl.notes.documents import annotations, note
from etl.transform.transform import DocumentReaders

DOCUMENT_READERS: DocumentReaders = {
    "note": ("notes", lambda response: [note.note_row(response)]),
    "settlement": ("settlements", note.settlement_rows),
    "comment": ("comments", lambda response: [annotations.comment_row(response)]),
    "hypothesis": ("hypotheses", lambda response: [annotations.hypothesis_row(response)]),
    "hypothesis_test": ("hypothesis_tests", lambda response: [annotations.test_row(response)]),
}
