"""What a note is about: its session, scope and mode, the facts, and what is held of it already."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from etl.config.settings import Scope
from etl.errors import DataWrong, UsageWrong
from etl.notes.documents import note
from etl.notes.documents.fact import Fact
from etl.notes.documents.scoring_rule import callable_symbols
from etl.notes.facts import collect
from etl.notes.facts.data_confidence import Sanity, examine
from etl.notes.writer.modes import DAILY, Mode

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
_HELD = """
    select note_id, model, prompt, verified, kind, published_at, document,
        document ->> 'facts_hash' as facts_hash, document ->> 'why' as why
    from lake.notes
    where for_date = ? and scope = ? and coalesce(document ->> 'mode', 'daily') = ?
        and published_at <= (select as_of from lake.publication)
    order by sequence
"""


@dataclass(frozen=True, slots=True)
class NoteDay:
    """One note's day. `universe` is every symbol and series that its text may name; `tag` names the prompt."""

    for_date: date
    scope: str
    mode: Mode
    kind: str  # live or replay
    now: datetime
    facts: Sequence[Fact]
    symbols: tuple[str, ...]
    universe: frozenset[str]
    tag: str
    held: Sequence[note.NoteRow]
    sanity: Sanity

    @property
    def subject(self) -> str:
        """The name under which the day's documents are kept."""
        return f"{self.scope}@{self.for_date}"

    @property
    def standing(self) -> note.NoteRow | None:
        """The last verified note of the day, of this mode."""
        return next((row for row in reversed(self.held) if row["verified"]), None)

    def paid(self, model: str) -> note.NoteRow | None:
        """The last note that this model was paid for with this prompt, verified or not."""
        return next((r for r in reversed(self.held) if r["model"] == model and r["prompt"] == self.tag), None)


def the_day(
    query: note.NoteQuery,
    *,
    now: datetime,
    tag: str,
    least_confidence: float,
    scope: Scope | None = None,
    mode: Mode = DAILY,
    for_date: date | None = None,
) -> NoteDay:
    """
    The day of a note: the anchor, or `for_date`.

    Raises:
        DataWrong: the warehouse has no final session, or no figure of the day.
        UsageWrong: `for_date` is no session or not final yet, or nothing of the scope can be called.
    """
    scope = scope or Scope()
    day, anchor, kind = _session(query, now, for_date)
    facts = collect.gather(query, day, anchor, scope.members)
    if not facts:
        raise DataWrong(f"the marts hold no figure of {day}")
    all_symbols = collect.symbols_of(query)
    symbols = callable_symbols(s for s in all_symbols if not scope.members or s in scope.members)
    if mode.calls and not symbols:
        raise UsageWrong(f"{scope.name}: nothing in it can be called; cash is what others are measured against")
    return NoteDay(
        for_date=day,
        scope=scope.name,
        mode=mode,
        kind=kind,
        now=now,
        facts=facts,
        symbols=symbols,
        universe=frozenset(collect.known_names(query)) | frozenset(all_symbols),
        tag=tag,
        held=[row for row in query(_HELD, (day, scope.name, mode.name)) if row["kind"] == kind],
        sanity=examine(query, day, least_confidence, scope.members),
    )


def _session(query: note.NoteQuery, now: datetime, for_date: date | None) -> tuple[date, date, str]:
    """(day, anchor, live or replay)."""
    rows = query(ANCHOR, (for_date, for_date))
    anchor = rows[0]["anchor_date"] if rows else None
    if not isinstance(anchor, date):
        raise DataWrong("there is no final session in the warehouse, so there is no day to write about")
    day = for_date or anchor
    if not rows[0]["is_session"]:
        raise UsageWrong(f"{day} is no session of the US exchanges")
    if day > anchor:
        raise UsageWrong(f"{day} is not final yet; the last final session is {anchor}")
    next_close = rows[0]["next_close"]
    late = isinstance(next_close, datetime) and next_close < note.naive(now)
    return day, anchor, "replay" if late or day != anchor or rows[0]["basis"] == "published" else "live"
