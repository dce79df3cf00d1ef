"""
refine: a new version of a note that takes up its comments and what to focus on, verified against the note's own facts.

Every version stays (`llm_insights`). A model rewrites the whole note; without one the rules add what they read of the
symbols that the comments name, and the calls stay those of whoever made them. A version written after the next close is
not scored.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from etl.domain import CHECKED, Outcome
from etl.errors import UsageWrong
from etl.notes.documents import note
from etl.notes.documents.fact import from_documents
from etl.notes.documents.scoring_rule import callable_symbols
from etl.notes.facts import collect
from etl.notes.facts.data_confidence import Sanity
from etl.notes.verifier.entities import mentions_in, nodes_of
from etl.notes.verifier.verify import sentences_of
from etl.notes.writer import note_document, prompt, rule_based, rule_based_text
from etl.notes.writer.knowledge import Passage
from etl.notes.writer.llm_session import NO_MODEL, ChatModel, LlmResult
from etl.notes.writer.modes import REFINE
from etl.notes.writer.note_day import NoteDay
from etl.notes.writer.prompt import template
from etl.notes.writer.reply_schema import Draft
from etl.notes.writer.review import draft_of

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

STANDING = """
    select notes.document from marts.daily_recommendations as standing
    inner join lake.notes as notes on standing.note_id = notes.note_id
    where standing.for_date = ? and standing.scope = ? order by notes.sequence limit 1
"""
COMMENTS = """
    select comment_id, author, text from marts.user_comments
    where for_date = ? and scope = ? order by written_at, sequence
"""
REVISIONS = """
    select count(distinct note_id) as n from lake.notes
    where for_date = ? and scope = ? and verified and document ->> 'mode' = 'refine'
"""
NEXT_CLOSE = "select min(closed_at) as closed_at from lake.sessions where trade_date > ?"


@dataclass(frozen=True, slots=True)
class Wish:
    """What a refinement is asked to take up. `passages` are of the knowledge folder."""

    for_date: date
    scope: str
    focus: tuple[str, ...]
    passages: Sequence[Passage] = ()


def run(
    con: "DuckDBPyConnection",
    wish: Wish,
    *,
    llm: ChatModel | None,
    keep: note.Keep,
    now: datetime,
    run_id: str,
    prompts_root: Path,
    settings: prompt.NoteSettings,
) -> Outcome:
    """
    Write a new version of a date's note, keep it, and add it to `lake.notes`.

    The caller rebuilds what stands downstream of `lake.notes` when `details["kept"]` is not 0.

    Raises:
        UsageWrong: there is no note of that date and scope, or nothing to take up.
        SettingsWrong: a prompt template is missing or cannot be filled.
    """
    query = note.query_on(con)
    standing, comments = standing_note(query, wish), query(COMMENTS, (wish.for_date, wish.scope))
    if not comments and not wish.focus:
        raise UsageWrong(f'refine: nothing to take up; `mfo comment {wish.for_date} "..."` or --focus says something')
    texts = template(prompts_root, REFINE.template), template(prompts_root, prompt.CORRECTION)
    day = _day(standing, now, prompt.tag_of(texts[0], REFINE.name), collect.known_names(query))
    extra = _extra(query, day, standing, comments, wish)
    if llm is None:
        extra["recommended_by"] = standing.get("recommended_by", standing["model"])
        document = note_document.by_rules(day, _by_rules(day, standing, comments, wish), run_id, extra)
        return _kept(con, keep, day, document, f"{NO_MODEL}; the rules take up the symbols that comments name")
    messages = _messages(day, texts[0], standing, comments, wish, settings)
    short = "" if day.sanity.is_valid else "the data of the day fall short, so no recommendation is written"
    why = short or note_document.over_budget(query, now, settings, messages, llm, REFINE)
    asked = LlmResult(why=why) if why else note_document.asked_of(llm, day, keep, settings, messages, texts[1])
    undone = (f"a version by {llm.model}: {asked.why}",) if asked.why else ()
    if not asked.replies:
        return Outcome(f"the note of {wish.for_date} stays as it is", undone, details={"kept": 0, "document": None})
    document = note_document.by_model(day, llm.model, llm.server, asked, settings, run_id, extra)
    return replace(_kept(con, keep, day, document, asked.detail), undone=undone)


def standing_note(query: note.NoteQuery, wish: Wish) -> dict[str, Any]:
    """
    The document of the note that stands.

    Raises:
        UsageWrong: there is none of that date and scope.
    """
    rows = query(STANDING, (wish.for_date, wish.scope))
    if not rows:
        raise UsageWrong(f"refine: there is no note of {wish.for_date} for {wish.scope}")
    return note.document_in(str(rows[0]["document"]))


def _day(standing: Mapping[str, Any], now: datetime, tag: str, known: Sequence[str]) -> NoteDay:
    """The day of the note that is refined: its own facts, scope and kind, and no others."""
    facts = from_documents(standing["facts"])
    universe = frozenset(standing.get("universe", known))  # older notes kept neither it nor their sanity
    symbols = callable_symbols(s for s in dict.fromkeys(f.symbol for f in facts if f.metric == "rsi14") if s)
    called = tuple(call["symbol"] for call in standing["recommendations"])
    sanity = Sanity.of(standing["sanity"]) if "sanity" in standing else Sanity(True, 100.0, (), ())
    for_date = date.fromisoformat(standing["for_date"])
    symbols = tuple(dict.fromkeys((*called, *symbols)))
    return NoteDay(
        for_date, standing["scope"], REFINE, standing["kind"], now, facts, symbols, universe, tag, (), sanity
    )


def _extra(
    query: note.NoteQuery, day: NoteDay, standing: Mapping[str, Any], comments: Sequence[note.NoteRow], wish: Wish
) -> note.NoteRow:
    """What a refined version says of itself beside what every note says."""
    return {
        "refines": standing["note_id"],
        "revision": int(str(query(REVISIONS, (wish.for_date, wish.scope))[0]["n"])) + 1,
        "comments": [row["comment_id"] for row in comments],
        "focus": list(wish.focus),
        "quoted": [{"file": p.file, "text": p.text} for p in wish.passages],
        "counts": _is_in_time(query, day),
    }


def _is_in_time(query: note.NoteQuery, day: NoteDay) -> bool:
    closed_at = query(NEXT_CLOSE, (day.for_date,))[0]["closed_at"]
    return isinstance(closed_at, datetime) and note.naive(day.now) <= closed_at


def _messages(
    day: NoteDay,
    text: str,
    standing: Mapping[str, Any],
    comments: Sequence[note.NoteRow],
    wish: Wish,
    settings: prompt.NoteSettings,
) -> prompt.Messages:
    return prompt.messages_of(
        text,
        day.facts,
        for_date=day.for_date.isoformat(),
        scope=day.scope,
        symbols=list(day.symbols),
        summary=prompt.enclosed(str(standing["summary"])),
        calls=[f"{c['symbol']} {c['stance']} {c['horizon']}" for c in standing["recommendations"]],
        comments=[prompt.enclosed(f"{row['author']}: {row['text']}") for row in comments],
        focus=[prompt.enclosed(each) for each in wish.focus],
        passages=[prompt.enclosed(f"{p.file}: {p.text}") for p in wish.passages],
        max_tokens=REFINE.tokens(settings.max_tokens),
    )


def _by_rules(day: NoteDay, standing: Mapping[str, Any], comments: Sequence[note.NoteRow], wish: Wish) -> Draft:
    """The note as it was, its first three sentences, and what the rules read of the symbols that are asked about."""
    draft = draft_of(standing)
    said = " ".join((*(str(row["text"]) for row in comments), *wish.focus))
    named = dict.fromkeys(s for m in mentions_in(said, day.universe, nodes_of(day.facts)) for s in sorted(m.subjects))
    by_id = {fact.id: fact for fact in day.facts}
    told, used = list(sentences_of(draft.summary)[:3]), list(draft.summary_facts)
    for symbol in named:
        reading = rule_based.read(symbol, by_id)
        if reading.facts and len(told) < REFINE.most:
            text = rule_based_text.momentum_and_pressure(
                symbol, day.for_date.isoformat(), reading.close, reading.mean, reading.month, reading.pressure
            )
            told.append(f"Asked about {symbol}: {text}.")
            used += [fact.id for fact in reading.facts]
    return replace(draft, summary=" ".join(told), summary_facts=tuple(dict.fromkeys(used)))


def _kept(con: "DuckDBPyConnection", keep: note.Keep, day: NoteDay, document: note.NoteRow, why: str) -> Outcome:
    note.insert_notes(con, note_document.kept(keep, day.subject, [document]))
    said = f"version {document['revision']} of the note of {day.for_date} by {document['model']}"
    stands = CHECKED if document["verified"] else "rejected, the note stays as it was"
    late = () if document["counts"] else ("it was written after the next close, so it is not scored",)
    details = {"kept": 1, "document": json.dumps(document), "verified": document["verified"]}
    return Outcome(f"{said}; {stands}", notes=(*((why,) if why else ()), *late), details=details)
