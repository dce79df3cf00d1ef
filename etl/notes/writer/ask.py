"""
ask: a question about a symbol, answered from its candles and indicators; its figures are looked up in the facts.

The answer is kept like a note. Without a model the rules say what they read of the symbol, whatever the question was.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from etl.config.settings import Scope
from etl.domain import CHECKED, Outcome
from etl.errors import UsageWrong
from etl.notes.documents import note
from etl.notes.documents.fact import Fact, hash_of, plain, rounded
from etl.notes.documents.note import NoteQuery, NoteRow
from etl.notes.writer import note_document, prompt, rule_based, rule_based_text
from etl.notes.writer.knowledge import Passage
from etl.notes.writer.llm_session import NO_MODEL, ChatModel, LlmResult
from etl.notes.writer.modes import ASK
from etl.notes.writer.note_day import NoteDay, the_day
from etl.notes.writer.prompt import template
from etl.notes.writer.reply_schema import Draft

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

BAR = "bar"
FRAMES = {"1d": "days", "1w": "weeks", "1h": "hours"}
_INDICATORS = """
    select m.*, p.volume, p.volume / nullif(avg(p.volume) over before, 0) as volume_ratio
    from marts.daily_metrics as m
    inner join marts.daily_prices as p on m.symbol = p.symbol and m.trade_date = p.trade_date
    inner join lake.instruments as i on m.symbol = i.symbol
    where m.symbol = ? and m.trade_date <= ?
    window before as (order by m.trade_date rows between 20 preceding and 1 preceding)
    qualify m.trade_date >= ? - cast(i.kind = 'crypto' as integer)
    order by m.trade_date desc limit 1
"""
TOLD = {  # column: (name, unit)
    "resistance": ("highest high of the 20 bars before", "USD"),
    "support": ("lowest low of the 20 bars before", "USD"),
    "macd_histogram": ("MACD histogram", "USD"),
    "bollinger_upper": ("upper Bollinger band", "USD"),
    "bollinger_lower": ("lower Bollinger band", "USD"),
    "atr14": ("14-day average true range", "USD"),
    "cmf20": ("20-day Chaikin money flow", "ratio"),
    "volatility20_pct": ("20-day volatility", "percent"),
    "volume_ratio": ("volume against its mean of the 20 days before", "times"),
}
CANDLES = {
    "1d": """
        select cast(trade_date as varchar) as at, open, high, low, close from marts.daily_prices
        where symbol = ? and trade_date <= ? order by trade_date desc limit 20
    """,
    "1w": """
        select cast(max(trade_date) as varchar) as at, arg_min(open, trade_date) as open, max(high) as high,
            min(low) as low, arg_max(close, trade_date) as close
        from marts.daily_prices where symbol = ? and trade_date <= ?
        group by date_trunc('week', trade_date) order by 1 desc limit 12
    """,
    "1h": """
        select strftime(opened_at, '%Y-%m-%dT%H:%M:%SZ') as at, open, high, low, close from marts.hourly_prices
        where symbol = ? and cast(opened_at as date) <= ? order by opened_at desc limit 24
    """,
}


def indicators(query: NoteQuery, symbol: str, day: date) -> Iterator[Fact]:
    """The indicators of a symbol's own row of `day`; a coin's may be of the UTC day before."""
    for row in query(_INDICATORS, (symbol, day, day)):
        as_of = str(row["trade_date"])
        for metric, (name, unit) in TOLD.items():
            value = row.get(metric)
            if isinstance(value, int | float) and value == value:
                source = "marts.daily_prices" if metric == "volume_ratio" else "marts.daily_metrics"
                yield Fact(f"{symbol}.{metric}", f"{symbol} {name}", rounded(float(value)), unit, as_of, symbol, source)


def candles(query: NoteQuery, symbol: str, day: date) -> Iterator[Fact]:
    """The candles of each time frame up to `day`, newest first: four facts each."""
    for frame, sql in CANDLES.items():
        for row in query(sql, (symbol, day)):
            yield from _candle(symbol, frame, row)


def table_of(facts: Sequence[Fact]) -> str:
    """Candles as text: one line each, time frame by time frame, oldest first."""
    lines: dict[tuple[str, str], dict[str, str]] = {}
    for fact in facts:
        if fact.is_bar:
            frame = fact.id.split(".")[-3]
            lines.setdefault((frame, fact.as_of), {})[fact.metric] = plain(fact.value)
    told = []
    for frame, name in FRAMES.items():
        held = sorted((at, values) for (f, at), values in lines.items() if f == frame)
        if held:
            told.append(f"{name} (at, open, high, low, close):")
            told += [f"{at} {v['open']} {v['high']} {v['low']} {v['close']}" for at, v in held]
    return "\n".join(told)


def _candle(symbol: str, frame: str, row: NoteRow) -> Iterator[Fact]:
    at = str(row["at"])
    source = "marts.hourly_prices" if frame == "1h" else "marts.daily_prices"
    for metric in ("open", "high", "low", "close"):
        value = row[metric]
        if not isinstance(value, int | float):
            return
        name = f"{symbol} {metric} of the {frame} candle of {at}"
        yield Fact(f"{BAR}.{symbol}.{frame}.{at}.{metric}", name, rounded(float(value)), "USD", at, symbol, source)


_LONGEST = 1000
BREAKOUT_VOLUME = 1.5  # times the mean: what the rules call a volume that confirms


def run(
    con: "DuckDBPyConnection",
    symbol: str,
    question: str,
    *,
    passages: Sequence[Passage],
    llm: ChatModel | None,
    keep: note.Keep,
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
    if not 0 < len(words) <= _LONGEST:
        raise UsageWrong(f"ask: a question of {len(words)} characters; allowed: 1 to {_LONGEST}")
    texts = template(prompts_root, ASK.template), template(prompts_root, prompt.CORRECTION)
    day = _day(note.query_on(con), symbol, now, prompt.tag_of(texts[0], ASK.name), settings)
    held = _answered(day, words, llm)
    if held is not None:
        details = {"kept": 0, "document": str(held["document"])}
        return Outcome(f"{symbol}: answered before; nothing was asked", details=details)
    extra = {"question": words, "quoted": [{"file": p.file, "text": p.text} for p in passages]}
    documents, asked = [], LlmResult(why=NO_MODEL)
    if llm is not None:
        messages = _messages(day, symbol, texts[0], words, passages, settings)
        why = note_document.over_budget(note.query_on(con), now, settings, messages, llm, ASK)
        asked = LlmResult(why=why) if why else note_document.asked_of(llm, day, keep, settings, messages, texts[1])
        if asked.replies:
            documents.append(note_document.by_model(day, llm.model, llm.server, asked, settings, run_id, extra))
    if asked.why:
        own = {**extra, "why": asked.why if llm else None}
        documents.append(note_document.by_rules(day, _by_rules(day.facts, symbol), run_id, own))
    note.insert_notes(con, note_document.kept(keep, day.subject, documents))
    return _outcome(day, documents, asked, llm)


def _outcome(day: NoteDay, documents: Sequence[note.NoteRow], asked: LlmResult, llm: ChatModel | None) -> Outcome:
    undone = (f"an answer by {llm.model}: {asked.why}",) if llm and asked.why else ()
    why = asked.detail if llm else asked.why
    by_rules = "answered by the rules, which do not read the question" + (f": {why}" if why else "")
    line = f"{day.scope}: answered by {documents[-1]['model']} from {len(day.facts)} facts; {CHECKED}"
    details = {"kept": len(documents), "document": json.dumps(documents[-1])}
    return Outcome(line, undone, (by_rules,) if asked.why else (), details)


def _day(query: note.NoteQuery, symbol: str, now: datetime, tag: str, settings: prompt.NoteSettings) -> NoteDay:
    """The symbol's day with its indicators and candles among the facts."""
    day = the_day(
        query, now=now, tag=tag, least_confidence=settings.least_confidence, scope=Scope(symbol, (symbol,)), mode=ASK
    )
    more = [*indicators(query, symbol, day.for_date), *candles(query, symbol, day.for_date)]
    return replace(day, facts=[*day.facts, *more])


def _answered(day: NoteDay, question: str, llm: ChatModel | None) -> note.NoteRow | None:
    """The verified answer to the same question on the same facts, by the same model or rules."""
    name, facts = llm.model if llm else rule_based.MODEL, hash_of(day.facts)
    for row in reversed(day.held):
        asked = note.document_in(str(row["document"]))
        if row["verified"] and row["model"] == name and row["facts_hash"] == facts and asked["question"] == question:
            return row
    return None


def _messages(
    day: NoteDay, symbol: str, text: str, question: str, passages: Sequence[Passage], settings: prompt.NoteSettings
) -> prompt.Messages:
    return prompt.messages_of(
        text,
        [fact for fact in day.facts if not fact.is_bar],
        symbol=symbol,
        for_date=day.for_date.isoformat(),
        candles=table_of(day.facts),
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
    on = next(iter(rule_based_text.dates(rule_based_text.day_of(facts), *used)), "")  # all are of one row
    if close and top and bottom:
        side = "above" if close.value > top.value else "below"
        under = "below" if close.value < bottom.value else "above"
        told.append(
            f"{symbol} closed at {rule_based_text.number(close)}{on}, {side} its resistance of "
            f"{rule_based_text.number(top)} and "
            f"{under} its support of {rule_based_text.number(bottom)}, the range of the 20 sessions before."
        )
        confirmed = volume is not None and volume.value >= BREAKOUT_VOLUME
        out = side == "above" or under == "below"
        with_volume = "with volume behind it" if confirmed else "without the volume that would confirm it"
        told.append(f"By that range it is a break{'out' if side == 'above' else 'down'} {with_volume}." if out else
                    "By that range it is no breakout.")  # fmt: skip
    if volume:
        told.append(f"Its volume was {rule_based_text.number(volume)} times its 20-day mean{on}.")
    if rsi:
        told.append(f"Its 14-day RSI is {rule_based_text.number(rsi)}{on}.")
    if macd:
        told.append(f"Its MACD histogram is {rule_based_text.signed(macd)}{on}.")
    return Draft(" ".join(told) or f"Nothing is known of {symbol}.", tuple(f.id for f in used or facts[:1]))
