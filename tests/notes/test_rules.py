"""The analyst by rule: its calls follow its rules, and its text stands whatever the figures are."""

import random
from dataclasses import replace
from datetime import date, timedelta

from etl.notes.documents.fact import Fact, rounded
from etl.notes.verifier.verify import sentences_of
from etl.notes.writer import rule_based, rule_based_text
from etl.notes.writer.review import review
from tests.notes.made_warehouse import facts, universe

SYMBOLS = ["SPY", "FXI", "VGK", "EWJ", "INDA", "TLT", "GLD", "BTCUSDT", "QQQ", "AAPL", "BIL"]
SIGNED = {"return_pct", "pressure_pct", "change", "breadth", "momentum_score"}


def older(fact: Fact, days: int) -> Fact:
    """The fact of so many days before; a window ends on the note's day whatever the coin's last day is."""
    if fact.window in ("1W", "1M", "24h"):
        return fact
    return replace(fact, as_of=str(date.fromisoformat(fact.as_of[:10]) - timedelta(days=days)))


def shaken(dice: random.Random) -> list[Fact]:
    """The corpus facts with other values; some of them missing, those of coins and macro series of other days."""
    keep = dice.choice([1.0, 0.9, 0.4])
    ages = {"USDT": dice.randint(0, 1), "VIXCLS": dice.randint(0, 5), "DGS10": dice.randint(0, 5)}
    values = {
        "rsi14": lambda _: dice.uniform(5, 95), "percentile": lambda _: dice.uniform(0, 100),
        "advancers": lambda _: float(dice.randint(0, 16)), "decliners": lambda _: float(dice.randint(0, 16)),
    }  # fmt: skip
    shaken = []
    for fact in facts():
        factor = dice.uniform(-2, 2) * dice.choice([1, 0.01]) if fact.metric in SIGNED else dice.uniform(0.5, 1.5)
        value = values[fact.metric](fact) if fact.metric in values else fact.value * factor
        aged = older(fact, next((days for name, days in ages.items() if str(fact.symbol).endswith(name)), 0))
        shaken += [replace(aged, value=rounded(value))] if dice.random() < keep else []
    return shaken


def test_whatever_the_figures_are_the_rules_note_stands() -> None:
    """150 days of random figures: 3 to 4 sentences, three calls for different symbols, no finding, never cash."""
    dice = random.Random(7)
    for _ in range(150):
        day = shaken(dice)
        draft = rule_based.write(day, SYMBOLS)
        assert review(draft, day, universe()) == []
        assert len({call.symbol for call in draft.calls}) == 3
        assert 3 <= len(sentences_of(draft.summary)) <= 4
        assert "BIL" not in {call.symbol for call in draft.calls}


def test_the_same_figures_give_the_same_note() -> None:
    """No chance and no memory."""
    assert rule_based.write(facts(), SYMBOLS) == rule_based.write(facts(), SYMBOLS)


def test_an_extreme_rsi_is_called_against_for_five_sessions() -> None:
    """AAPL's RSI of 72.64 is the furthest out."""
    call = rule_based.write(facts(), SYMBOLS).calls[0]
    assert (call.symbol, call.stance, call.horizon) == ("AAPL", "underweight", 5)


def test_agreement_of_price_return_and_pressure_is_called_for_a_month() -> None:
    """Japan has the highest pressure with everything up, China the lowest with everything down."""
    calls = rule_based.write(facts(), SYMBOLS).calls
    assert [(c.symbol, c.stance, c.horizon) for c in calls[1:]] == [
        ("EWJ", "overweight", 21),
        ("FXI", "underweight", 21),
    ]


def test_high_fear_calls_bonds_and_disagreement_calls_neutral() -> None:
    """With nothing extreme and nothing agreeing, the regime and the mixed signs speak."""
    day = [
        replace(f, value=80.0) if f.metric == "percentile" else replace(f, value=50.0) if f.metric == "rsi14" else f
        for f in facts()
        if not (f.symbol in ("SPY", "EWJ", "INDA", "VGK", "FXI", "BTCUSDT") and f.window == "1M")
    ]
    day = [replace(f, value=-f.value) if f.id in ("GLD.1M.pressure_pct", "GLD.1M.return_pct") else f for f in day]
    day = [replace(f, value=-f.value) if f.id == "TLT.1M.pressure_pct" else f for f in day]
    day = [replace(f, value=-abs(f.value)) if f.id == "TLT.1M.return_pct" else f for f in day]
    calls = rule_based.write(day, SYMBOLS).calls
    assert ("TLT", "overweight", 63) in {(c.symbol, c.stance, c.horizon) for c in calls}
    assert ("GLD", "neutral", 21) in {(c.symbol, c.stance, c.horizon) for c in calls}


def test_a_universe_of_one_symbol_still_has_three_calls() -> None:
    """They differ by horizon."""
    calls = rule_based.write(facts()[:1], ["SPY"]).calls
    assert len({(c.symbol, c.horizon) for c in calls}) == 3


def test_a_value_of_another_day_is_told_with_its_own_date() -> None:
    """The VIX of the day before the note's, a yield of two days before; what is of the day has no need of one."""
    text, _ = rule_based_text.summary([older(fact, 1) if fact.symbol == "VIXCLS" else fact for fact in facts()])
    assert "VIX stood at 17.44 on 2025-10-30, percentile" in text
    assert "yield was 4.11 percent on 2025-10-30" in text
    assert "billion dollars on 2025-10-29" in text
    assert "VIX stood at 17.44, percentile" in rule_based_text.summary(facts())[0]


def test_a_coins_close_of_the_day_before_is_dated_beside_its_windows() -> None:
    """Its UTC day may not be over when the session is: close and windows then name their own days."""
    day = [older(fact, 1) if fact.symbol == "BTCUSDT" else fact for fact in facts()]
    reading = rule_based.read("BTCUSDT", {fact.id: fact for fact in day})
    text = rule_based_text.momentum_and_pressure(
        "BTCUSDT", rule_based_text.day_of(day), reading.close, reading.mean, reading.month, reading.pressure
    )
    assert text.startswith("it closed at 109,556 on 2025-10-30, below its 30-day mean")
    assert "over the month to 2025-10-31" in text
    assert review(rule_based.write(day, SYMBOLS), day, universe()) == []


def test_however_small_the_universe_no_recommendation_comes_twice() -> None:
    """Of one, two or three symbols, whatever the figures are: three calls, each with another symbol or horizon."""
    dice = random.Random(11)
    for _ in range(150):
        day = shaken(dice)
        calls = rule_based.write(day, dice.sample(SYMBOLS[:-1], dice.choice([1, 2, 3]))).calls
        assert len({(call.symbol, call.horizon) for call in calls}) == len(calls) == 3
