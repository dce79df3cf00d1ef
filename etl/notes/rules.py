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

from etl.notes import wording
from etl.notes.facts import Fact
from etl.notes.reply import Call, Draft
from etl.notes.scoring_rule import Stance, callable_symbols

MODEL = "rules"
CALLS = 3
OVERBOUGHT, OVERSOLD = 70.0, 30.0
STRESSED = 75.0  # percentile of the VIX
DIRECTION_CONFIDENCE, NEUTRAL_CONFIDENCE = 0.52, 0.38
BONDS = ("TLT", "AGG")

Make = Callable[[], Call]


@dataclass(frozen=True, slots=True)
class Reading:
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
    by_id, day = {fact.id: fact for fact in facts}, wording.day_of(facts)
    summary, used = wording.summary(facts)
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


def read(symbol: str, by_id: dict[str, Fact]) -> Reading:
    """What the rules read of one symbol among facts by their ids."""
    close, mean = by_id.get(f"{symbol}.close"), by_id.get(f"{symbol}.ma30")
    month, pressure = by_id.get(f"{symbol}.1M.return_pct"), by_id.get(f"{symbol}.1M.pressure_pct")
    signs = [_sign(close.value - mean.value) if close and mean else 0]
    signs += [_sign(fact.value) for fact in (month, pressure) if fact]
    return Reading(symbol, sum(signs), close, mean, month, pressure, by_id.get(f"{symbol}.rsi14"))


def _candidates(readings: Sequence[Reading], by_id: dict[str, Fact], day: str) -> Iterator[Call]:
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


def _left_over(readings: Sequence[Reading], facts: Sequence[Fact]) -> Iterator[Call]:
    known = [r for r in readings if r.facts]
    yield from (_quiet(r, facts) for r in [*known, *(r for r in readings if not r.facts)])


def _extreme(reading: Reading, rsi: Fact, day: str) -> Call:
    high, (on,) = rsi.value > OVERBOUGHT, wording.dates(day, rsi)
    stance: Stance = "underweight" if high else "overweight"
    return Call(
        title=f"{reading.symbol} looks {'overbought' if high else 'oversold'}",
        action=f"{stance.capitalize()} {reading.symbol} for 5 sessions: its RSI of {wording.number(rsi)} is "
        f"{'above 70' if high else 'below 30'}{on}.",
        symbol=reading.symbol,
        stance=stance,
        horizon=5,
        confidence=DIRECTION_CONFIDENCE,
        against=f"A strong trend can keep an RSI {'above 70' if high else 'below 30'} for a long time.",
        facts=(rsi.id,),
    )


def _agreement(reading: Reading, stance: Stance, day: str) -> Call:
    up = stance == "overweight"
    text = wording.momentum_and_pressure(
        reading.symbol, day, reading.close, reading.mean, reading.month, reading.pressure
    )
    return Call(
        title=f"{reading.symbol}: momentum and pressure {'support it' if up else 'stand against it'}",
        action=f"{stance.capitalize()} {reading.symbol} for 21 sessions: {text}.",
        symbol=reading.symbol,
        stance=stance,
        horizon=21,
        confidence=DIRECTION_CONFIDENCE,
        against=wording.against(reading.symbol, day, up, reading.rsi),
        facts=tuple(f.id for f in (*reading.facts, reading.rsi) if f),
    )


def _regime(reading: Reading, fear: Fact, day: str) -> Call:
    (on,) = wording.dates(day, fear)
    return Call(
        title=f"{reading.symbol} while fear is high",
        action=f"Overweight {reading.symbol} for 63 sessions: "
        f"the VIX is at percentile {wording.number(fear)} of its year{on}.",
        symbol=reading.symbol,
        stance="overweight",
        horizon=63,
        confidence=DIRECTION_CONFIDENCE,
        against="Rising yields would hurt bonds although fear is high.",
        facts=(fear.id,),
    )


def _mixed(reading: Reading, day: str) -> Call:
    text = wording.momentum_and_pressure(
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


def _quiet(reading: Reading, facts: Sequence[Fact], horizon: int = 21) -> Call:
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
