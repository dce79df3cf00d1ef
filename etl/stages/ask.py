"""
ask: a question about a symbol, answered from its candles and indicators; its figures are looked up in the facts.

The answer is kept like a note. Without a model the rules say what they read of the symbol, whatever the question was.
"""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from etl.domain import CHECKED, Outcome
from etl.errors import UsageWrong
from etl.notes import prompt, records, rules, technicals, wording, writing
from etl.notes.asking import NO_MODEL, Asked, Speaker
from etl.notes.day import Day, Scope, the_day
from etl.notes.facts import Fact, hash_of
from etl.notes.modes import ASK
from etl.notes.reply import Draft
from etl.stores.knowledge import Passage
from etl.stores.prompts import template

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

LONGEST = 1000
BREAKOUT_VOLUME = 1.5  # times the mean: what the rules call a volume that confirms


def run(
    con: "DuckDBPyConnection",
    symbol: str,
    question: str,
    *,
    passages: Sequence[Passage],
    llm: Speaker | None,
    keep: records.Keep,
    now: datetime,
    run_id: str,
    prompts_root: Path,
    settings: prompt.NoteSettings,
) -> Outcome:
    """
    Answer, keep the answer, and add it to `lake.notes`; the same question on the same facts is not paid for twice.

    Raises UsageWrong where the question is empty or longer than 1000 characters.
    """
    words = question.strip()
    if not 0 < len(words) <= LONGEST:
        raise UsageWrong(f"ask: a question of {len(words)} characters; allowed: 1 to {LONGEST}")
    texts = template(prompts_root, ASK.template), template(prompts_root, prompt.CORRECTION)
    day = _day(records.query_on(con), symbol, now, prompt.tag_of(texts[0], ASK.name), settings)
    held = _answered(day, words, llm)
    if held is not None:
        details = {"kept": 0, "document": str(held["document"])}
        return Outcome(f"{symbol}: answered before; nothing was asked", details=details)
    extra = {"question": words, "quoted": [{"file": p.file, "text": p.text} for p in passages]}
    documents, asked = [], Asked(why=NO_MODEL)
    if llm is not None:
        messages = _messages(day, symbol, texts[0], words, passages, settings)
        why = writing.over_budget(records.query_on(con), now, settings, messages, llm, ASK)
        asked = Asked(why=why) if why else writing.asked_of(llm, day, keep, settings, messages, texts[1])
        if asked.replies:
            documents.append(writing.by_model(day, llm.model, llm.server, asked, settings, run_id, extra))
    if asked.why:
        own = {**extra, "why": asked.why if llm else None}
        documents.append(writing.by_rules(day, _by_rules(day.facts, symbol), run_id, own))
    records.insert_notes(con, writing.kept(keep, day.subject, documents))
    return _outcome(day, documents, asked, llm)


def _outcome(day: Day, documents: Sequence[records.Row], asked: Asked, llm: Speaker | None) -> Outcome:
    undone = (f"an answer by {llm.model}: {asked.why}",) if llm and asked.why else ()
    why = asked.detail if llm else asked.why
    by_rules = "answered by the rules, which do not read the question" + (f": {why}" if why else "")
    line = f"{day.scope}: answered by {documents[-1]['model']} from {len(day.facts)} facts; {CHECKED}"
    details = {"kept": len(documents), "document": json.dumps(documents[-1])}
    return Outcome(line, undone, (by_rules,) if asked.why else (), details)


def _day(query: records.Query, symbol: str, now: datetime, tag: str, settings: prompt.NoteSettings) -> Day:
    """The symbol's day with its indicators and candles among the facts."""
    day = the_day(
        query, now=now, tag=tag, least_confidence=settings.least_confidence, scope=Scope(symbol, (symbol,)), mode=ASK
    )
    more = [*technicals.indicators(query, symbol, day.for_date), *technicals.candles(query, symbol, day.for_date)]
    return replace(day, facts=[*day.facts, *more])


def _answered(day: Day, question: str, llm: Speaker | None) -> records.Row | None:
    """The verified answer to the same question on the same facts, by the same model or rules."""
    name, facts = llm.model if llm else rules.MODEL, hash_of(day.facts)
    for row in reversed(day.held):
        asked = records.document_in(str(row["document"]))
        if row["verified"] and row["model"] == name and row["facts_hash"] == facts and asked["question"] == question:
            return row
    return None


def _messages(
    day: Day, symbol: str, text: str, question: str, passages: Sequence[Passage], settings: prompt.NoteSettings
) -> prompt.Messages:
    return prompt.messages_of(
        text,
        [fact for fact in day.facts if not fact.is_bar],
        symbol=symbol,
        for_date=day.for_date.isoformat(),
        candles=technicals.table_of(day.facts),
        question=prompt.enclosed(question),
        passages=[prompt.enclosed(f"{p.file}: {p.text}") for p in passages],
        max_tokens=ASK.tokens(settings.max_tokens),
    )


def _by_rules(facts: Sequence[Fact], symbol: str) -> Draft:
    """Where the close stands in its range, its volume, RSI and MACD, and what the 20-day range makes of it."""
    by_id = {fact.id: fact for fact in facts}
    close, top, bottom, volume, rsi, macd = (
        by_id.get(f"{symbol}.{m}")
        for m in ("close", "resistance", "support", "volume_ratio", "rsi14", "macd_histogram")
    )
    told, used = [], [fact for fact in (close, top, bottom, volume, rsi, macd) if fact]
    on = next(iter(wording.dates(wording.day_of(facts), *used)), "")  # all are of one row
    if close and top and bottom:
        side = "above" if close.value > top.value else "below"
        under = "below" if close.value < bottom.value else "above"
        told.append(
            f"{symbol} closed at {wording.number(close)}{on}, {side} its resistance of {wording.number(top)} and "
            f"{under} its support of {wording.number(bottom)}, the range of the 20 sessions before."
        )
        confirmed = volume is not None and volume.value >= BREAKOUT_VOLUME
        out = side == "above" or under == "below"
        with_volume = "with volume behind it" if confirmed else "without the volume that would confirm it"
        told.append(f"By that range it is a break{'out' if side == 'above' else 'down'} {with_volume}." if out else
                    "By that range it is no breakout.")  # fmt: skip
    if volume:
        told.append(f"Its volume was {wording.number(volume)} times its 20-day mean{on}.")
    if rsi:
        told.append(f"Its 14-day RSI is {wording.number(rsi)}{on}.")
    if macd:
        told.append(f"Its MACD histogram is {wording.signed(macd)}{on}.")
    return Draft(" ".join(told) or f"Nothing is known of {symbol}.", tuple(f.id for f in used or facts[:1]))
