"""A note as a document: what the model's reply or the rules' draft becomes when it is kept, and what it may cost."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime

from etl.errors import DataWrong
from etl.notes import records, rules
from etl.notes.asking import Asked, Asking, Speaker
from etl.notes.day import Day
from etl.notes.facts import as_documents, hash_of
from etl.notes.modes import Mode
from etl.notes.prompt import Messages, NoteSettings
from etl.notes.reply import Draft, schema_for
from etl.notes.review import recommendations_of, review
from etl.notes.verifier import sentences_of

CHARACTERS_PER_TOKEN = 3  # of facts in JSON; an estimate of a prompt before it is counted by the server
SPENT = """
    select
        coalesce(sum(cast(document -> 'tokens' ->> 'prompt' as bigint)
            + cast(document -> 'tokens' ->> 'completion' as bigint)), 0) as tokens,
        coalesce(sum(cast(document ->> 'cost_usd' as double)), 0) as usd
    from lake.notes where published_at >= ? and published_at <= ?
"""


def over_budget(
    query: records.Query, now: datetime, settings: NoteSettings, messages: Messages, speaker: Speaker, mode: Mode
) -> str:
    """Why the day's tokens or money do not allow `messages` with the longest reply of a mode, or ""."""
    most = speaker.most_tokens(mode.tokens(settings.max_tokens))
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    spent = query(SPENT, (records.naive(midnight), records.naive(now)))[0]
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
    speaker: Speaker, day: Day, keep: records.Keep, settings: NoteSettings, messages: Messages, correction: str
) -> Asked:
    """What comes of asking a model for the note of a day; `correction` is the template of a second request."""
    schema = schema_for(day.symbols, day.mode)
    return Asking(speaker, keep, day.subject, settings, schema, day.facts, day.universe, day.mode, correction).ask(
        messages
    )


def by_rules(day: Day, draft: Draft, run_id: str, extra: Mapping[str, object] | None = None) -> records.Row:
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
    own = {"model": rules.MODEL, "label": "rules", "prompt": "rules@1", "verified": True, "why": None}
    return document(day, draft, run_id, {**own, **(extra or {})})


def by_model(
    day: Day,
    model: str,
    server: str,
    asked: Asked,
    settings: NoteSettings,
    run_id: str,
    extra: Mapping[str, object] | None = None,
) -> records.Row:
    """The model's note, or what was rejected of it, as it is kept."""
    own: records.Row = {
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


def document(day: Day, draft: Draft | None, run_id: str, own: Mapping[str, object]) -> records.Row:
    """A note as it is kept. A rejected draft keeps its words; nothing reads calls out of what is not verified."""
    said: records.Row = {
        "document": "note",
        "version": 1,
        "run_id": run_id,
        "for_date": day.for_date.isoformat(),
        "scope": day.scope,
        "mode": day.mode.name,
        "published_at": records.stamp(day.now),
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
        "cost_usd": 0.0 if own["model"] == rules.MODEL else None,
        **own,
    }
    return {**said, "note_id": records.note_id_of(said)}


def kept(keep: records.Keep, subject: str, documents: Sequence[records.Row]) -> list[records.Row]:
    """Keep notes; the rows of `lake.notes` that they stand for."""
    return [records.note_row(keep("note", subject, records.body_of(each))) for each in documents]
