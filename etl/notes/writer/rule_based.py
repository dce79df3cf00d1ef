"""
The analyst by rule: the same facts, plain sentences, three calls. No chance, no memory, no model.

The rules, in the order in which they are tried; each symbol is called once and cash never:

1. *extreme*: the RSI furthest beyond 70 or 30 is expected to come back: 5 sessions against it.
2. *agreement*: close against its 30-day mean, return and buying pressure (an estimate) over the month. Where at least
   two more say up than down, overweight for 21 sessions, the highest pressure first.
3. *disagreement the other way*: the same for down, underweight.
4. *regime*: with the VIX in the highest quarter of its year, bonds for 63 sessions.
5. *mixed*: where the three signs disagree, neutral for 21 sessions.
6. where still fewer than three are called: the next of 2 and 3, then neutral, because no rule speaks.

Confidences are what such rules have earned elsewhere, little: 0.52 for a direction, 0.38 for neutral (a normal variable
stays within half a standard deviation in 38 % of cases).
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from etl.notes.documents.fact import Fact
from etl.notes.documents.scoring_rule import Stance, callable_symbols
from etl.notes.verifier.verify import sentences_of
from etl.notes.writer import rule_based_text
from etl.notes.writer.modes import DEEP, QUICK, REVIEW, Mode
from etl.notes.writer.reply_schema import Call, Draft, ReplySection

Told = tuple[list[str], list[Fact]]
_NODES = {"regions": "marts.region_nodes", "assets": "marts.asset_nodes"}
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


def write_sections(facts: Sequence[Fact], symbols: Sequence[str], mode: Mode, earlier: Sequence[Earlier] = ()) -> Draft:
    """The rules' draft of any mode."""
    if mode == REVIEW:
        return _review(facts, earlier)
    draft = write(facts, symbols)
    if mode == QUICK:
        return Draft(" ".join(sentences_of(draft.summary)[: mode.most]), draft.summary_facts)
    if mode == DEEP:
        return Draft(draft.summary, draft.summary_facts, (), tuple(_section(name, facts) for name in mode.sections))
    return draft


def _section(name: str, facts: Sequence[Fact]) -> ReplySection:
    by_id, day = {fact.id: fact for fact in facts}, rule_based_text.day_of(facts)
    if name in _NODES:
        sentences, used = _nodes([f for f in facts if f.source == _NODES[name]])
    elif name == "crypto":
        sentences, used = _crypto(facts, by_id, day)
    else:
        sentences, used = _macro(by_id, day) if name == "macro" else _risks(facts, by_id, day)
    ids = tuple(dict.fromkeys(fact.id for fact in used))[:8]
    return ReplySection(name, " ".join(sentences) or QUIET[name], ids or tuple(f.id for f in facts[:1]))


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
        sentences.append(
            f"{fact.symbol} had an estimated buying pressure of {rule_based_text.signed(fact)} over the month."
        )
        used.append(fact)
    return sentences, used


def _crypto(facts: Sequence[Fact], by_id: dict[str, Fact], day: str) -> Told:
    sentences: list[str] = []
    used: list[Fact] = []
    for close in (f for f in facts if f.metric == "close" and str(f.symbol).endswith("USDT")):
        parts, own = [f"{close.symbol} closed at {rule_based_text.number(close)} on {close.as_of[:10]}"], [close]
        change, rsi = by_id.get(f"{close.symbol}.1D.return_pct"), by_id.get(f"{close.symbol}.rsi14")
        if change:
            parts.append(f"{rule_based_text.moved(change)} on the day")
            own.append(change)
        sentences.append(f"{', '.join(parts)}.")
        if rsi:
            sentences.append(f"Its 14-day RSI is {rule_based_text.number(rsi)}{rule_based_text.dates(day, rsi)[0]}.")
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
            sentences.append(text.format(rule_based_text.signed(fact), *rule_based_text.dates(day, fact)))
            used.append(fact)
    return sentences, used


def _risks(facts: Sequence[Fact], by_id: dict[str, Fact], day: str) -> Told:
    sentences: list[str] = []
    used: list[Fact] = []
    for rsi in (f for f in facts if f.metric == "rsi14"):
        side = "above 70" if rsi.value > OVERBOUGHT else "below 30" if rsi.value < OVERSOLD else ""
        if side and len(sentences) < 3:
            (on,) = rule_based_text.dates(day, rsi)
            sentences.append(f"The RSI of {rsi.symbol} is {rule_based_text.number(rsi)}, {side}{on}.")
            used.append(rsi)
    fear = by_id.get("VIXCLS.percentile")
    if fear:
        (on,) = rule_based_text.dates(day, fear)
        sentences.append(f"The VIX is at percentile {rule_based_text.number(fear, 0)} of its last 252 values{on}.")
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
                f"The note before was {call.stance} on {call.symbol}: {call.symbol} was {rule_based_text.moved(own)} "
                f"on the day and {call.benchmark} was {rule_based_text.moved(other)}{verdict}."
            )
            used += [own, other]
    judged = [call for call in earlier if call.is_hit is not None]
    told += [f"The call on {c.symbol} ended and was {'right' if c.is_hit else 'wrong'}." for c in judged][:1]
    spare = ("There is no call before this day to hold against it.", *rule_based_text.SPARE)
    told += spare[1 if told else 0 :][: max(0, REVIEW.fewest - len(told))]
    ids = tuple(dict.fromkeys(f.id for f in used))
    return Draft(" ".join(told[: REVIEW.most]), ids or tuple(f.id for f in facts[:1]))


def _told(fact: Fact) -> str:
    return f"{fact.symbol} {'gained' if fact.value >= 0 else 'lost'} {rule_based_text.number(fact)} percent"


def _by_value(fact: Fact) -> tuple[float, str]:
    return fact.value, fact.id


MODEL = "rules"
CALLS = 3
OVERBOUGHT, OVERSOLD = 70.0, 30.0
STRESSED = 75.0  # percentile of the VIX
DIRECTION_CONFIDENCE, NEUTRAL_CONFIDENCE = 0.52, 0.38
BONDS = ("TLT", "AGG")

Make = Callable[[], Call]


@dataclass(frozen=True, slots=True)
class IndicatorReading:
    """What the rules read of one symbol: the three signs summed (-3 to 3), and the facts behind them."""

    symbol: str
    score: int
    close: Fact | None
    mean: Fact | None
    month: Fact | None
    pressure: Fact | None
    rsi: Fact | None

    @property
    def facts(self) -> tuple[Fact, ...]:
        """Close, mean, return and pressure, as far as they are there."""
        return tuple(f for f in (self.close, self.mean, self.month, self.pressure) if f is not None)


def write(facts: Sequence[Fact], symbols: Sequence[str]) -> Draft:
    """The rules' note of these facts, with calls among `symbols` (at least one of which may be called)."""
    by_id, day = {fact.id: fact for fact in facts}, rule_based_text.day_of(facts)
    summary, used = rule_based_text.summary(facts)
    readings = [read(symbol, by_id) for symbol in callable_symbols(symbols)]
    calls: list[Call] = []
    for call in (*_candidates(readings, by_id, day), *_left_over(readings, facts)):
        if len(calls) < CALLS and call.symbol not in {c.symbol for c in calls}:
            calls.append(call)
    if calls:  # a universe of one or two symbols has other horizons of its first
        taken = {call.horizon for call in calls if call.symbol == readings[0].symbol}
        free = [horizon for horizon in (5, 63, 21) if horizon not in taken]
        calls += [_quiet(readings[0], facts, horizon) for horizon in free[: CALLS - len(calls)]]
    return Draft(summary, used, tuple(calls))


def read(symbol: str, by_id: dict[str, Fact]) -> IndicatorReading:
    """What the rules read of one symbol among facts by their ids."""
    close, mean = by_id.get(f"{symbol}.close"), by_id.get(f"{symbol}.ma30")
    month, pressure = by_id.get(f"{symbol}.1M.return_pct"), by_id.get(f"{symbol}.1M.pressure_pct")
    signs = [_sign(close.value - mean.value) if close and mean else 0]
    signs += [_sign(fact.value) for fact in (month, pressure) if fact]
    return IndicatorReading(symbol, sum(signs), close, mean, month, pressure, by_id.get(f"{symbol}.rsi14"))


def _candidates(readings: Sequence[IndicatorReading], by_id: dict[str, Fact], day: str) -> Iterator[Call]:
    """One call of each rule in the rules' order, then those that are left over."""
    extremes = [(r, r.rsi) for r in readings if r.rsi and not OVERSOLD <= r.rsi.value <= OVERBOUGHT]
    if extremes:
        yield _extreme(*max(extremes, key=lambda pair: abs(pair[1].value - 50)), day)
    whole = [r for r in readings if r.close and r.mean and r.month and r.pressure]
    risen, fallen = [r for r in whole if r.score >= 2], [r for r in whole if r.score <= -2]
    up = [_agreement(r, "overweight", day) for r in sorted(risen, key=lambda r: -_value(r.pressure))]
    down = [_agreement(r, "underweight", day) for r in sorted(fallen, key=lambda r: _value(r.pressure))]
    yield from (*up[:1], *down[:1])
    fear = by_id.get("VIXCLS.percentile")
    if fear and fear.value >= STRESSED:
        yield from (_regime(r, fear, day) for r in [r for r in readings if r.symbol in BONDS][:1])
    mixed = sorted((r for r in whole if abs(r.score) <= 1), key=lambda r: (abs(_value(r.month)), r.symbol))
    yield from (_mixed(r, day) for r in mixed)
    yield from (*up[1:], *down[1:])


def _left_over(readings: Sequence[IndicatorReading], facts: Sequence[Fact]) -> Iterator[Call]:
    known = [r for r in readings if r.facts]
    yield from (_quiet(r, facts) for r in [*known, *(r for r in readings if not r.facts)])


def _extreme(reading: IndicatorReading, rsi: Fact, day: str) -> Call:
    high, (on,) = rsi.value > OVERBOUGHT, rule_based_text.dates(day, rsi)
    stance: Stance = "underweight" if high else "overweight"
    return Call(
        title=f"{reading.symbol} looks {'overbought' if high else 'oversold'}",
        action=f"{stance.capitalize()} {reading.symbol} for 5 sessions: its RSI of {rule_based_text.number(rsi)} is "
        f"{'above 70' if high else 'below 30'}{on}.",
        symbol=reading.symbol,
        stance=stance,
        horizon=5,
        confidence=DIRECTION_CONFIDENCE,
        against=f"A strong trend can keep an RSI {'above 70' if high else 'below 30'} for a long time.",
        facts=(rsi.id,),
    )


def _agreement(reading: IndicatorReading, stance: Stance, day: str) -> Call:
    up = stance == "overweight"
    text = rule_based_text.momentum_and_pressure(
        reading.symbol, day, reading.close, reading.mean, reading.month, reading.pressure
    )
    return Call(
        title=f"{reading.symbol}: momentum and pressure {'support it' if up else 'stand against it'}",
        action=f"{stance.capitalize()} {reading.symbol} for 21 sessions: {text}.",
        symbol=reading.symbol,
        stance=stance,
        horizon=21,
        confidence=DIRECTION_CONFIDENCE,
        against=rule_based_text.against(reading.symbol, day, up, reading.rsi),
        facts=tuple(f.id for f in (*reading.facts, reading.rsi) if f),
    )


def _regime(reading: IndicatorReading, fear: Fact, day: str) -> Call:
    (on,) = rule_based_text.dates(day, fear)
    return Call(
        title=f"{reading.symbol} while fear is high",
        action=f"Overweight {reading.symbol} for 63 sessions: "
        f"the VIX is at percentile {rule_based_text.number(fear)} of its year{on}.",
        symbol=reading.symbol,
        stance="overweight",
        horizon=63,
        confidence=DIRECTION_CONFIDENCE,
        against="Rising yields would hurt bonds although fear is high.",
        facts=(fear.id,),
    )


def _mixed(reading: IndicatorReading, day: str) -> Call:
    text = rule_based_text.momentum_and_pressure(
        reading.symbol, day, reading.close, reading.mean, reading.month, reading.pressure
    )
    return Call(
        title=f"{reading.symbol}: the signs disagree",
        action=f"Stay neutral on {reading.symbol} for 21 sessions: {text}.",
        symbol=reading.symbol,
        stance="neutral",
        horizon=21,
        confidence=NEUTRAL_CONFIDENCE,
        against="A move of price and pressure in one direction would end the balance.",
        facts=tuple(f.id for f in reading.facts),
    )


def _quiet(reading: IndicatorReading, facts: Sequence[Fact], horizon: int = 21) -> Call:
    return Call(
        title=f"{reading.symbol}: no rule speaks",
        action=f"Stay neutral on {reading.symbol} for {horizon} sessions: no rule speaks for or against it.",
        symbol=reading.symbol,
        stance="neutral",
        horizon=horizon,
        confidence=NEUTRAL_CONFIDENCE,
        against="What the rules do not read may move it.",
        facts=tuple(f.id for f in reading.facts) or tuple(f.id for f in facts[:1]),
    )


def _sign(value: float) -> int:
    return (value > 0) - (value < 0)


def _value(fact: Fact | None) -> float:
    return fact.value if fact else 0.0
