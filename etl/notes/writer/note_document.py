"""A note as a document: what the model's reply or the rules' draft becomes when it is kept, and what it may cost."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import Any

from etl.domain import CHECKED
from etl.errors import DataWrong
from etl.notes.documents import note
from etl.notes.documents.fact import as_documents, hash_of
from etl.notes.documents.note import document_in
from etl.notes.verifier.verify import sentences_of
from etl.notes.writer import rule_based
from etl.notes.writer.llm_session import ChatModel, LlmResult, LlmSession
from etl.notes.writer.modes import Mode
from etl.notes.writer.note_day import NoteDay
from etl.notes.writer.prompt import Messages, NoteSettings
from etl.notes.writer.reply_schema import Draft, schema_for
from etl.notes.writer.review import recommendations_of, review


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


CHARACTERS_PER_TOKEN = 3  # of facts in JSON; an estimate of a prompt before it is counted by the server
SPENT = """
    select
        coalesce(sum(cast(document -> 'tokens' ->> 'prompt' as bigint)
            + cast(document -> 'tokens' ->> 'completion' as bigint)), 0) as tokens,
        coalesce(sum(cast(document ->> 'cost_usd' as double)), 0) as usd
    from lake.notes where published_at >= ? and published_at <= ?
"""


def over_budget(
    query: note.NoteQuery, now: datetime, settings: NoteSettings, messages: Messages, speaker: ChatModel, mode: Mode
) -> str:
    """Why the day's tokens or money do not allow `messages` with the longest reply of a mode, or ""."""
    most = speaker.most_tokens(mode.tokens(settings.max_tokens))
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    spent = query(SPENT, (note.naive(midnight), note.naive(now)))[0]
    tokens, usd = int(str(spent["tokens"])), float(str(spent["usd"]))
    asked = sum(len(message["content"]) for message in messages) // CHARACTERS_PER_TOKEN
    if settings.tokens_per_day is not None and tokens + asked + most > settings.tokens_per_day:
        return (
            f"{tokens} of the day's {settings.tokens_per_day} tokens are spent, and this takes about {asked + most} "
            "([notes] tokens_per_day)"
        )
    cost = settings.cost_usd(asked, most)
    if settings.usd_per_day is not None and cost is not None and usd + cost > settings.usd_per_day:
        return (
            f"{usd:.4f} of the day's {settings.usd_per_day:g} dollars are spent, and this takes about {cost:.4f} "
            "([notes] usd_per_day)"
        )
    return ""


def asked_of(
    speaker: ChatModel, day: NoteDay, keep: note.Keep, settings: NoteSettings, messages: Messages, correction: str
) -> LlmResult:
    """What comes of asking a model for the note of a day; `correction` is the template of a second request."""
    schema = schema_for(day.symbols, day.mode)
    return LlmSession(speaker, keep, day.subject, settings, schema, day.facts, day.universe, day.mode, correction).ask(
        messages
    )


def by_rules(day: NoteDay, draft: Draft, run_id: str, extra: Mapping[str, object] | None = None) -> note.NoteRow:
    """
    The rules' note as it is kept; where the data are not good enough, without its calls and with the reason.

    Raises:
        DataWrong: it does not stand: a bug of ours, never to be published.
    """
    mode = day.mode
    if mode.calls and not day.sanity.is_valid:
        told = [*sentences_of(draft.summary)[: mode.fewest - 1], day.sanity.sentence()]
        draft = replace(draft, summary=" ".join(told), calls=())
        mode = replace(mode, calls=0)
    findings = review(draft, day.facts, day.universe, mode)
    if findings:
        raise DataWrong(f"the rules' note does not stand: {findings[0].quote}: {findings[0].why}")
    own = {"model": rule_based.MODEL, "label": "rules", "prompt": "rules@1", "verified": True, "why": None}
    return document(day, draft, run_id, {**own, **(extra or {})})


def by_model(
    day: NoteDay,
    model: str,
    server: str,
    asked: LlmResult,
    settings: NoteSettings,
    run_id: str,
    extra: Mapping[str, object] | None = None,
) -> note.NoteRow:
    """The model's note, or what was rejected of it, as it is kept."""
    own: note.NoteRow = {
        "model": model,
        "server": server,
        "label": "model",
        "prompt": day.tag,
        "verified": asked.draft is not None,
        "why": ": ".join(filter(None, (asked.why, asked.detail))) or None,
        "answered_by": asked.answered_by,
        "asked_as": asked.asked_as,
        "prompt_sha256": asked.prompt_sha256,
        "replies": asked.replies,
        "findings": [asdict(finding) for finding in asked.findings],
        "tokens": {"prompt": asked.prompt_tokens, "completion": asked.completion_tokens},
        "cost_usd": settings.cost_usd(asked.prompt_tokens, asked.completion_tokens),
    }
    return document(day, asked.draft or asked.rejected, run_id, {**own, **(extra or {})})


def document(day: NoteDay, draft: Draft | None, run_id: str, own: Mapping[str, object]) -> note.NoteRow:
    """A note as it is kept. A rejected draft keeps its words; nothing reads calls out of what is not verified."""
    said: note.NoteRow = {
        "document": "note",
        "version": 1,
        "run_id": run_id,
        "for_date": day.for_date.isoformat(),
        "scope": day.scope,
        "mode": day.mode.name,
        "published_at": note.stamp(day.now),
        "kind": day.kind,
        "summary": draft.summary if draft else None,
        "summary_facts": list(draft.summary_facts) if draft else [],
        "sections": [{**asdict(s), "facts": list(s.facts)} for s in draft.sections] if draft else [],
        "recommendations": recommendations_of(draft) if draft and own["verified"] else [],
        "facts": as_documents(day.facts),
        "facts_hash": hash_of(day.facts),
        "universe": sorted(day.universe),
        "sanity": day.sanity.document(),
        "tokens": {"prompt": 0, "completion": 0},
        "cost_usd": 0.0 if own["model"] == rule_based.MODEL else None,
        **own,
    }
    return {**said, "note_id": note.note_id_of(said)}


def kept(keep: note.Keep, subject: str, documents: Sequence[note.NoteRow]) -> list[note.NoteRow]:
    """Keep notes; the rows of `lake.notes` that they stand for."""
    return [note.note_row(keep("note", subject, note.body_of(each))) for each in documents]
