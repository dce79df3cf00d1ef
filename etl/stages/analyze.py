"""
The day's note: facts out of the marts, the model's reply verified, the rules' note beside it, both kept.

No new session, no new call: a day that a model was paid for is not asked for again unless forced. Whatever keeps the
model's note from being published (no key, no server, a broken reply, a number that does not stand) is said in the
outcome, and the day has the rules' note.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from etl.domain import Outcome
from etl.errors import DataWrong, UsageWrong
from etl.notes import gathering, prompt, records, rules
from etl.notes.asking import Asked, Asking
from etl.notes.facts import Fact, as_documents, hash_of
from etl.notes.reply import Draft, schema_for
from etl.notes.review import recommendations_of, review
from etl.notes.scoring_rule import callable_symbols
from etl.stores.llm import Llm
from etl.stores.prompts import template

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

ANCHOR = """
    select
        anchor.anchor_date,
        (select basis from lake.publication) as basis,
        exists (
            select 1 from lake.sessions as s where s.trade_date = coalesce(?, anchor.anchor_date)
        ) as is_session,
        (
            select min(s.closed_at) from lake.sessions as s where s.trade_date > coalesce(?, anchor.anchor_date)
        ) as next_close
    from marts.sessions_anchor as anchor
"""
HELD = """
    select model, prompt, verified, document ->> 'facts_hash' as facts_hash, document ->> 'why' as why
    from lake.notes where for_date = ? and scope = ? and kind = ? order by sequence
"""
SPENT = """
    select coalesce(sum(cast(document -> 'tokens' ->> 'prompt' as bigint)
        + cast(document -> 'tokens' ->> 'completion' as bigint)), 0) as tokens
    from lake.notes where published_at >= ? and published_at <= ?
"""


@dataclass(frozen=True, slots=True)
class Day:
    """What one note is about, and what is held of it already."""

    for_date: date
    scope: str
    kind: str  # live or replay
    now: datetime
    facts: Sequence[Fact]
    symbols: tuple[str, ...]
    universe: frozenset[str]
    tag: str  # of the prompt
    held: Sequence[records.Row]

    @property
    def subject(self) -> str:
        """The name under which the day's documents are kept."""
        return f"{self.scope}@{self.for_date}"

    @property
    def has_verified(self) -> bool:
        """Whether some note of the day stands."""
        return any(row["verified"] for row in self.held)

    def paid(self, model: str) -> records.Row | None:
        """The last note that this model was paid for with this prompt, verified or not."""
        rows = [row for row in self.held if row["model"] == model and row["prompt"] == self.tag]
        return rows[-1] if rows else None


def run(
    con: "DuckDBPyConnection",
    *,
    llm: Llm | None,
    keep: records.Keep,
    now: datetime,
    run_id: str,
    scope: str = "portfolio",
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
        UsageWrong: `for_date` is no session, or is not final yet.
        SettingsWrong: a prompt template is missing or cannot be filled.
    """
    texts = template(prompts_root, prompt.DAILY), template(prompts_root, prompt.CORRECTION)
    day = _day(_query(con), now, scope, for_date, prompt.tag_of(texts[0]))
    why, asked = "no model is set up", None
    if llm is None:
        if day.has_verified and not force:
            return _unchanged(day, [row for row in day.held if row["verified"]][-1])
    else:
        paid = day.paid(llm.model)
        if paid is not None and not force:
            return _unchanged(day, paid)
        why = _over_budget(_query(con), now, settings)
        if not why:
            asked = _ask(day, llm, keep, settings, texts)
            why = asked.why
    rows = _keep_notes(day, llm, asked, keep, settings, run_id)
    records.insert_notes(con, rows)
    return _outcome(day, llm, asked, why, len(rows))


def _day(query: records.Query, now: datetime, scope: str, for_date: date | None, tag: str) -> Day:
    rows = query(ANCHOR, (for_date, for_date))
    anchor = rows[0]["anchor_date"] if rows else None
    if not isinstance(anchor, date):
        raise DataWrong("there is no final session in the warehouse, so there is no day to write about")
    day: date = for_date or anchor
    if not rows[0]["is_session"]:
        raise UsageWrong(f"{day} is no session of the US exchanges")
    if day > anchor:
        raise UsageWrong(f"{day} is not final yet; the last final session is {anchor}")
    next_close = rows[0]["next_close"]
    late = isinstance(next_close, datetime) and next_close < records.naive(now)
    kind = "replay" if late or day != anchor or rows[0]["basis"] == "published" else "live"
    facts = gathering.gather(query, day, anchor)
    if not facts:
        raise DataWrong(f"the marts hold no figure of {day}")
    symbols = gathering.symbols_of(query)
    universe = frozenset(gathering.known_names(query)) | frozenset(symbols)
    held = query(HELD, (day, scope, kind))
    return Day(day, scope, kind, now, facts, callable_symbols(symbols), universe, tag, held)


def _over_budget(query: records.Query, now: datetime, settings: prompt.NoteSettings) -> str:
    """Why the day's tokens do not allow another call, or ""."""
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    spent = query(SPENT, (records.naive(midnight), records.naive(now)))[0]["tokens"]
    if settings.tokens_per_day is None or int(str(spent)) < settings.tokens_per_day:
        return ""
    return f"the day's {settings.tokens_per_day} tokens are spent ([notes] tokens_per_day)"


def _ask(day: Day, llm: Llm, keep: records.Keep, settings: prompt.NoteSettings, texts: tuple[str, str]) -> Asked:
    messages = prompt.daily(
        texts[0], day.facts, for_date=day.for_date, scope=day.scope, symbols=day.symbols, max_tokens=settings.max_tokens
    )
    schema = schema_for(day.symbols)
    asking = Asking(llm, keep, day.subject, settings, schema, day.facts, day.universe, texts[1])
    return asking.ask(messages)


def _keep_notes(
    day: Day, llm: Llm | None, asked: Asked | None, keep: records.Keep, settings: prompt.NoteSettings, run_id: str
) -> list[records.Row]:
    """The model's note or what was rejected of it, and the rules' note of the same facts, once."""
    documents = []
    if llm is not None and asked is not None and asked.replies:
        documents.append(_by_model(day, llm, asked, settings, run_id))
    facts_hash = hash_of(day.facts)
    if not any(row["model"] == rules.MODEL and row["facts_hash"] == facts_hash for row in day.held):
        documents.append(_by_rules(day, run_id))
    return [records.note_row(keep("note", day.subject, records.body_of(document))) for document in documents]


def _by_rules(day: Day, run_id: str) -> records.Row:
    draft = rules.write(day.facts, day.symbols)
    findings = review(draft, day.facts, day.universe)
    if findings:  # a bug of ours, never to be published
        raise DataWrong(f"the rules' note does not stand: {findings[0].quote}: {findings[0].why}")
    own = {"model": rules.MODEL, "label": "rules", "prompt": "rules@1", "verified": True, "why": None}
    return _document(day, draft, run_id, own)


def _by_model(day: Day, llm: Llm, asked: Asked, settings: prompt.NoteSettings, run_id: str) -> records.Row:
    own: records.Row = {
        "model": llm.model,
        "label": "model",
        "prompt": day.tag,
        "verified": asked.draft is not None,
        "why": asked.why or None,
        "answered_by": asked.answered_by,
        "prompt_sha256": asked.prompt_sha256,
        "replies": asked.replies,
        "findings": [asdict(finding) for finding in asked.findings],
        "tokens": {"prompt": asked.prompt_tokens, "completion": asked.completion_tokens},
        "cost_usd": settings.cost_usd(asked.prompt_tokens, asked.completion_tokens),
    }
    return _document(day, asked.draft or asked.rejected, run_id, own)


def _document(day: Day, draft: Draft | None, run_id: str, own: Mapping[str, object]) -> records.Row:
    """A note as it is kept. A rejected draft keeps its words; nothing reads calls out of what is not verified."""
    document: records.Row = {
        "document": "note",
        "version": 1,
        "run_id": run_id,
        "for_date": day.for_date.isoformat(),
        "scope": day.scope,
        "published_at": records.stamp(day.now),
        "kind": day.kind,
        "summary": draft.summary if draft else None,
        "summary_facts": list(draft.summary_facts) if draft else [],
        "recommendations": recommendations_of(draft) if draft and own["verified"] else [],
        "facts": as_documents(day.facts),
        "facts_hash": hash_of(day.facts),
        "tokens": {"prompt": 0, "completion": 0},
        "cost_usd": 0.0 if own["model"] == rules.MODEL else None,
        **own,
    }
    return {**document, "note_id": records.note_id_of(document)}


def _unchanged(day: Day, row: records.Row) -> Outcome:
    by = f"by {row['model']}, verified" if row["verified"] else "by rules, verified"
    notes = () if row["verified"] else (f"{row['model']} was asked before: {row['why']}",)
    line = f"note of {day.for_date} stands ({by}); nothing was asked"
    return Outcome(line, notes=notes, details={"kept": 0, "for_date": str(day.for_date), "asked": False})


def _outcome(day: Day, llm: Llm | None, asked: Asked | None, why: str, kept: int) -> Outcome:
    by_model = llm is not None and asked is not None and asked.draft is not None
    name = llm.model if llm is not None and by_model else rules.MODEL
    if not by_model and any(row["verified"] and row["model"] != rules.MODEL for row in day.held):
        name = "the model's earlier one"
    details = {
        "kept": kept, "for_date": str(day.for_date), "model": name, "facts": len(day.facts), "why": why,
        "kind": day.kind, "asked": asked is not None,
        "tokens": asked.prompt_tokens + asked.completion_tokens if asked else 0,
    }  # fmt: skip
    line = f"note of {day.for_date} by {name}, verified against {len(day.facts)} facts"
    notes = () if by_model or not why else (f"the note is the rules': {why}",)
    return Outcome(line, notes=notes, details=details)


def _query(con: "DuckDBPyConnection") -> records.Query:
    def query(sql: str, parameters: Sequence[object]) -> list[records.Row]:
        cursor = con.execute(sql, list(parameters))
        names = [column[0] for column in cursor.description or ()]
        return [dict(zip(names, values, strict=True)) for values in cursor.fetchall()]

    return query
