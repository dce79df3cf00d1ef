"""
The day's note: facts out of the marts, the model's reply verified, the rules' note beside it, both kept.

No new session, no new call: a day that a model was paid for is not asked for again unless forced. Whatever keeps the
model's note from being published (data that fall short, no key, no server, a broken reply, a number that does not
stand) is said in the outcome and in the rules' note, which the day has then; where a model is set up, that is a partial
run.
"""

import json
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from etl.config.settings import Scope
from etl.domain import CHECKED, Outcome
from etl.errors import DataWrong, UsageWrong
from etl.notes.documents import note
from etl.notes.documents.fact import hash_of
from etl.notes.facts import collect
from etl.notes.writer import note_document, prompt, rule_based
from etl.notes.writer import rule_based as rule_based_modes
from etl.notes.writer.llm_session import NO_MODEL, ChatModel, LlmResult
from etl.notes.writer.modes import DAILY, REVIEW, Mode
from etl.notes.writer.note_day import NoteDay, the_day
from etl.notes.writer.prompt import template
from etl.notes.writer.review import again
from etl.notes.writer.rule_based import Earlier

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

EARLIER = """
    with before as (
        select for_date, recommendations from marts.daily_recommendations
        where scope = ? and for_date < ? order by for_date desc limit 1
    ),
    calls as (
        select before.for_date, listed.call ->> 'symbol' as symbol, listed.call ->> 'stance' as stance,
            listed.call ->> 'benchmark' as benchmark, cast(null as boolean) as is_hit, listed.position
        from before, unnest(cast(before.recommendations as json[])) with ordinality as listed (call, position)
    )
    select * from calls
    union all
    select for_date, symbol, stance, benchmark, is_hit, position from marts.recommendation_scores
    where scope = ? and exit_date = ? and status = 'settled'
    order by for_date desc, position
"""
KEPT = """
    select document from lake.notes where for_date = ?
    qualify row_number() over (partition by note_id order by sequence) = 1
    order by sequence
"""
_NOTED = """
    select string_agg(cast(for_date as varchar), ', ' order by for_date desc) as dates
    from (select distinct for_date from lake.notes order by for_date desc limit 3)
"""


def run(
    con: "DuckDBPyConnection",
    *,
    llm: ChatModel | None,
    keep: note.Keep,
    now: datetime,
    run_id: str,
    scope: Scope | None = None,
    mode: Mode = DAILY,
    for_date: date | None = None,
    force: bool = False,
    prompts_root: Path,
    settings: prompt.NoteSettings,
) -> Outcome:
    """
    Write the note of the anchor (or of `for_date`) from the marts on `con`, keep it, and add it to `lake.notes`.

    The caller rebuilds what stands downstream of `lake.notes` when `details["kept"]` is not 0.

    Raises:
        DataWrong: the warehouse has no final session or no facts of the day.
        UsageWrong: `for_date` is no session, or is not final yet; or nothing of the scope can be called.
        SettingsWrong: a prompt template is missing or cannot be filled.
    """
    query = note.query_on(con)
    texts = template(prompts_root, mode.template), template(prompts_root, prompt.CORRECTION)
    tag = prompt.tag_of(texts[0], mode.name)
    day = the_day(
        query, now=now, tag=tag, least_confidence=settings.least_confidence, scope=scope, mode=mode, for_date=for_date
    )
    standing = day.standing if llm is None else day.paid(llm.model)
    if standing is not None and not force:
        return _unchanged(day, standing)
    return _written(con, day, llm, keep, run_id, settings, texts)


def _written(
    con: "DuckDBPyConnection",
    day: NoteDay,
    llm: ChatModel | None,
    keep: note.Keep,
    run_id: str,
    settings: prompt.NoteSettings,
    texts: tuple[str, str],
) -> Outcome:
    """The day's note, asked for where the data and the budget allow it."""
    query = note.query_on(con)
    earlier = _earlier(query, day) if day.mode == REVIEW else []
    asked, why = None, NO_MODEL
    if llm is not None:
        messages = _messages(day, texts[0], earlier, settings)
        why = _why_not(query, day, settings, messages, llm)
        if not why:
            asked = note_document.asked_of(llm, day, keep, settings, messages, texts[1])
            why = asked.why
    rows = _keep_notes(day, llm, asked, why, earlier, keep, settings, run_id)
    note.insert_notes(con, rows)
    shown = next((row for row in rows if row["verified"]), day.standing)
    return _outcome(day, llm, asked, why, rows, shown)


def verify_again(con: "DuckDBPyConnection", for_date: date) -> tuple[Outcome, list[dict[str, Any]]]:
    """
    Every kept note of a date held against its own kept facts again: what was said then, and what of it does not stand.

    Nothing is asked, computed or written. The documents come with their findings under `findings_now`.

    Raises:
        UsageWrong: there is no note of that date.
        DataWrong: a note that was published as verified does not stand.
    """
    query = note.query_on(con)
    found = query(KEPT, (for_date,))
    if not found:
        dates = query(_NOTED, ())
        raise UsageWrong(f"there is no note of {for_date}; the last ones are of {dates[0]['dates'] or 'no date'}")
    universe = frozenset(collect.known_names(query))
    documents: list[dict[str, Any]] = [note.document_in(str(row["document"])) for row in found]
    for each in documents:
        each["findings_now"] = again(each, universe)
    fallen = [each for each in documents if each["verified"] and each["findings_now"]]
    if fallen:
        first = fallen[0]["findings_now"][0]
        raise DataWrong(f"the note {fallen[0]['note_id']} does not stand: {first['quote']}: {first['why']}")
    verified = sum(bool(each["verified"]) for each in documents)
    rejected = f", {len(documents) - verified} were rejected then" if verified < len(documents) else ""
    return Outcome(f"{verified} notes of {for_date} stand against their own facts{rejected}"), documents


def _why_not(
    query: note.NoteQuery, day: NoteDay, settings: prompt.NoteSettings, messages: prompt.Messages, llm: ChatModel
) -> str:
    """Why no model is asked: the data of the day, or the budget; "" where one is."""
    if not day.sanity.is_valid:
        issues = "; ".join(day.sanity.issues)
        least = f"below {settings.least_confidence:g} ([notes] least_confidence)"
        return f"the data's confidence is {day.sanity.confidence:g} of 100, {least}: {issues}"
    return note_document.over_budget(query, day.now, settings, messages, llm, day.mode)


def _earlier(query: note.NoteQuery, day: NoteDay) -> list[Earlier]:
    """The calls of the note before, and those that were settled on the day."""
    rows = query(EARLIER, (day.scope, day.for_date, day.scope, day.for_date))
    return [
        Earlier(
            for_date=date.fromisoformat(str(row["for_date"])),
            symbol=str(row["symbol"]),
            stance=str(row["stance"]),
            benchmark=str(row["benchmark"]),
            is_hit=None if row["is_hit"] is None else bool(row["is_hit"]),
        )
        for row in rows
    ]


def _messages(day: NoteDay, text: str, earlier: Sequence[Earlier], settings: prompt.NoteSettings) -> prompt.Messages:
    calls = [{"symbol": c.symbol, "stance": c.stance, "benchmark": c.benchmark, "is_hit": c.is_hit} for c in earlier]
    return prompt.messages_of(
        text,
        day.facts,
        for_date=day.for_date.isoformat(),
        scope=day.scope,
        symbols=list(day.symbols),
        sections=list(day.mode.sections),
        calls_json=json.dumps(calls),
        max_tokens=day.mode.tokens(settings.max_tokens),
    )


def _keep_notes(
    day: NoteDay,
    llm: ChatModel | None,
    asked: LlmResult | None,
    why: str,
    earlier: Sequence[Earlier],
    keep: note.Keep,
    settings: prompt.NoteSettings,
    run_id: str,
) -> list[note.NoteRow]:
    """The model's note or what was rejected of it, and the rules' note of the same facts, once for each reason."""
    documents = []
    if llm is not None and asked is not None and asked.replies:
        documents.append(note_document.by_model(day, llm.model, llm.server, asked, settings, run_id))
    because = why if llm is not None and why else None
    held = [row for row in day.held if row["model"] == rule_based.MODEL and row["facts_hash"] == hash_of(day.facts)]
    if not any(because in (None, row["why"]) for row in held):
        draft = rule_based_modes.write_sections(day.facts, day.symbols, day.mode, earlier)
        documents.append(note_document.by_rules(day, draft, run_id, {"why": because}))
    return note_document.kept(keep, day.subject, documents)


def _unchanged(day: NoteDay, row: note.NoteRow) -> Outcome:
    by = row["model"] if row["verified"] else rule_based.MODEL
    rejected = f"what {row['model']} wrote before was rejected; --force asks it again"
    return Outcome(
        f"{_name(day)} of {day.for_date} stands, by {by}; {CHECKED}; nothing was asked",
        undone=() if row["verified"] else (f"{_name(day)} by {row['model']}: {rejected}",),
        notes=() if row["verified"] else (str(row["why"]),),
        details={"kept": 0, "for_date": str(day.for_date), "asked": False, "document": row["document"]},
    )


def _outcome(
    day: NoteDay,
    llm: ChatModel | None,
    asked: LlmResult | None,
    why: str,
    rows: list[note.NoteRow],
    shown: note.NoteRow | None,
) -> Outcome:
    """Complete where the configured model wrote the note, or where none is to be asked."""
    by_model = llm is not None and not why
    name = llm.model if llm is not None and by_model else rule_based.MODEL
    if not by_model and any(row["verified"] and row["model"] != rule_based.MODEL for row in day.held):
        name = "the model's earlier one"
    details = {
        "kept": len(rows), "for_date": str(day.for_date), "model": name, "facts": len(day.facts), "why": why,
        "kind": day.kind, "asked": asked is not None, "confidence": day.sanity.confidence,
        "tokens": asked.prompt_tokens + asked.completion_tokens if asked else 0,
        "document": shown["document"] if shown else None,
    }  # fmt: skip
    line = f"{_name(day)} of {day.for_date} by {name} from {len(day.facts)} facts; {CHECKED}"
    undone = (f"{_name(day)} by {llm.model}: {why}",) if llm is not None and why else ()
    notes = [f"written by the rules: {why}"] if llm is None else [asked.detail] if asked and asked.detail else []
    if day.mode.calls and not day.sanity.is_valid:
        notes.append("no recommendation is published: the data fall short")
    return Outcome(line, undone, tuple(notes), details)


def _name(day: NoteDay) -> str:
    """`note`, `quick note of core` ...: the mode and scope, where they are not the default's."""
    mode = "note" if day.mode == DAILY else f"{day.mode.name} note"
    return mode if day.scope == Scope().name else f"{mode} for {day.scope}"
