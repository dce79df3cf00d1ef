"""A kept note as lines for a person: what was said, who said it, what is not sure about it."""

from collections.abc import Iterable, Mapping
from typing import Any

from etl.domain import CHECKED
from etl.notes.records import document_in


def text_of(documents: Iterable[str]) -> str:
    """Kept notes, as JSON, for a person: an empty line between them."""
    return "\n\n".join("\n".join(lines_of(document_in(each))) for each in documents)


def lines_of(document: Mapping[str, Any]) -> list[str]:
    """A note, quick or deep, a review, an answer: its text, its calls, and under it how far it can be trusted."""
    mode = document.get("mode", "daily")
    stands = CHECKED if document["verified"] else f"REJECTED: {document['why']}"
    because = f", because {document['why']}" if document["verified"] and document.get("why") else ""
    by = document["model"] + because
    if document.get("recommended_by", document["model"]) != document["model"]:
        by += f", recommendations by {document['recommended_by']}"
    head = f"{document['for_date']}  {document['scope']}  {mode}  by {by}; {stands}"
    lines = [head, *([f"Q: {document['question']}"] if document.get("question") else [])]
    lines += [document["summary"] or "(no words were kept)"]
    lines += [f"{section['name']}: {section['text']}" for section in document.get("sections", [])]
    for call in document["recommendations"]:
        confidence = "unknown" if call["confidence"] is None else f"{call['confidence']:.2f}"
        lines.append(
            f"- {call['symbol']} {call['stance']} against {call['benchmark']}, {call['horizon']} sessions, confidence "
            f"{confidence}: {call['title']}. {call['action']} Against it: {call['against']}"
        )
    lines += [f'"{passage["text"]}" ({passage["file"]})' for passage in document.get("quoted", [])]
    sanity = document.get("sanity")
    if sanity:
        issues = f": {'; '.join(sanity['issues'])}" if sanity["issues"] else ""
        lines.append(f"data: confidence {sanity['confidence']:g} of 100{issues}")
    lines += [f"does not stand now: {f['quote']}: {f['why']}" for f in document.get("findings_now", [])]
    return lines
