"""
The rules' words for the other modes: the quick note, the sections of the deep one, the review of the calls before.

All of them pass the verifier, whatever the figures are (a test says so).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from etl.notes import rules, wording
from etl.notes.facts import Fact
from etl.notes.modes import DEEP, QUICK, REVIEW, Mode
from etl.notes.reply import Draft, Section
from etl.notes.verifier import sentences_of

Told = tuple[list[str], list[Fact]]
NODES = {"regions": "marts.region_nodes", "assets": "marts.asset_nodes"}
MOST_CALLS = 4
QUIET = {
    "regions": "Nothing is known of the regions over the month.",
    "assets": "Nothing is known of the asset classes over the month.",
    "crypto": "Nothing is known of crypto on this day.",
    "macro": "No rate or spread is known of this day.",
    "risks": "No figure of the day stands at an extreme.",
}


@dataclass(frozen=True, slots=True)
class Earlier:
    """A call of the note before: what it said, and whether it was right where it was settled on the day."""

    for_date: date
    symbol: str
    stance: str
    benchmark: str
    is_hit: bool | None


def write(facts: Sequence[Fact], symbols: Sequence[str], mode: Mode, earlier: Sequence[Earlier] = ()) -> Draft:
    """The rules' draft of any mode."""
    if mode == REVIEW:
        return _review(facts, earlier)
    draft = rules.write(facts, symbols)
    if mode == QUICK:
        return Draft(" ".join(sentences_of(draft.summary)[: mode.most]), draft.summary_facts)
    if mode == DEEP:
        return Draft(draft.summary, draft.summary_facts, (), tuple(_section(name, facts) for name in mode.sections))
    return draft


def _section(name: str, facts: Sequence[Fact]) -> Section:
    by_id, day = {fact.id: fact for fact in facts}, wording.day_of(facts)
    if name in NODES:
        sentences, used = _nodes([f for f in facts if f.source == NODES[name]])
    elif name == "crypto":
        sentences, used = _crypto(facts, by_id, day)
    else:
        sentences, used = _macro(by_id, day) if name == "macro" else _risks(facts, by_id, day)
    ids = tuple(dict.fromkeys(fact.id for fact in used))[:8]
    return Section(name, " ".join(sentences) or QUIET[name], ids or tuple(f.id for f in facts[:1]))


def _nodes(facts: Sequence[Fact]) -> Told:
    """The best and the worst of a picture, by return and by pressure."""
    sentences: list[str] = []
    used: list[Fact] = []
    for window, over in (("1M", "over the month"), ("1W", "over the week")):
        returns = sorted((f for f in facts if f.metric == "return_pct" and f.window == window), key=_by_value)
        if len(returns) > 1:
            best, worst = returns[-1], returns[0]
            sentences.append(f"{_told(best)} {over}, {_told(worst)}.")
            used += [best, worst]
    pressures = sorted((f for f in facts if f.metric == "pressure_pct" and f.window == "1M"), key=_by_value)
    for fact in pressures[-1:] + pressures[:1] if len(pressures) > 1 else []:
        sentences.append(f"{fact.symbol} had an estimated buying pressure of {wording.signed(fact)} over the month.")
        used.append(fact)
    return sentences, used


def _crypto(facts: Sequence[Fact], by_id: dict[str, Fact], day: str) -> Told:
    sentences: list[str] = []
    used: list[Fact] = []
    for close in (f for f in facts if f.metric == "close" and str(f.symbol).endswith("USDT")):
        parts, own = [f"{close.symbol} closed at {wording.number(close)} on {close.as_of[:10]}"], [close]
        change, rsi = by_id.get(f"{close.symbol}.1D.return_pct"), by_id.get(f"{close.symbol}.rsi14")
        if change:
            parts.append(f"{wording.moved(change)} on the day")
            own.append(change)
        sentences.append(f"{', '.join(parts)}.")
        if rsi:
            sentences.append(f"Its 14-day RSI is {wording.number(rsi)}{wording.dates(day, rsi)[0]}.")
            own.append(rsi)
        used += own
    return sentences[:4], used


def _macro(by_id: dict[str, Fact], day: str) -> Told:
    sentences: list[str] = []
    used: list[Fact] = []
    for id_, text in (
        ("DGS10.value", "The ten-year Treasury yield was {} percent{}."),
        ("DGS2.value", "The two-year Treasury yield was {} percent{}."),
        ("T10Y2Y.value", "The yield curve stood at {} percentage points{}."),
        ("BAMLH0A0HYM2.value", "The high-yield credit spread was {} percentage points{}."),
        ("DCOILWTICO.value", "WTI crude oil stood at {} dollars{}."),
        ("net_liquidity.value", "Net liquidity stood at {} billion dollars{}."),
    ):
        fact = by_id.get(id_)
        if fact:
            sentences.append(text.format(wording.signed(fact), *wording.dates(day, fact)))
            used.append(fact)
    return sentences, used


def _risks(facts: Sequence[Fact], by_id: dict[str, Fact], day: str) -> Told:
    sentences: list[str] = []
    used: list[Fact] = []
    for rsi in (f for f in facts if f.metric == "rsi14"):
        side = "above 70" if rsi.value > rules.OVERBOUGHT else "below 30" if rsi.value < rules.OVERSOLD else ""
        if side and len(sentences) < 3:
            (on,) = wording.dates(day, rsi)
            sentences.append(f"The RSI of {rsi.symbol} is {wording.number(rsi)}, {side}{on}.")
            used.append(rsi)
    fear = by_id.get("VIXCLS.percentile")
    if fear:
        (on,) = wording.dates(day, fear)
        sentences.append(f"The VIX is at percentile {wording.number(fear, 0)} of its last 252 values{on}.")
        used.append(fear)
    return sentences, used


def _review(facts: Sequence[Fact], earlier: Sequence[Earlier]) -> Draft:
    """Each call of the note before, and what its symbol did on the day."""
    by_id = {fact.id: fact for fact in facts}
    told: list[str] = []
    used: list[Fact] = []
    for call in earlier[:MOST_CALLS]:
        own, other = by_id.get(f"{call.symbol}.1D.return_pct"), by_id.get(f"{call.benchmark}.1D.return_pct")
        if own and other and own.as_of == other.as_of and own.value != other.value:
            well = (own.value > other.value) == (call.stance == "overweight")
            verdict = "" if call.stance == "neutral" else f", which speaks {'for' if well else 'against'} it"
            told.append(
                f"The note before was {call.stance} on {call.symbol}: {call.symbol} was {wording.moved(own)} on the "
                f"day and {call.benchmark} was {wording.moved(other)}{verdict}."
            )
            used += [own, other]
    judged = [call for call in earlier if call.is_hit is not None]
    told += [f"The call on {c.symbol} ended and was {'right' if c.is_hit else 'wrong'}." for c in judged][:1]
    spare = ("There is no call before this day to hold against it.", *wording.SPARE)
    told += spare[1 if told else 0 :][: max(0, REVIEW.fewest - len(told))]
    ids = tuple(dict.fromkeys(f.id for f in used))
    return Draft(" ".join(told[: REVIEW.most]), ids or tuple(f.id for f in facts[:1]))


def _told(fact: Fact) -> str:
    return f"{fact.symbol} {'gained' if fact.value >= 0 else 'lost'} {wording.number(fact)} percent"


def _by_value(fact: Fact) -> tuple[float, str]:
    return fact.value, fact.id
