"""The analyst by rule: its calls follow its rules, and its text stands whatever the figures are."""

import random
from dataclasses import replace

from etl.notes import rules
from etl.notes.facts import Fact, rounded
from etl.notes.review import review
from etl.notes.verifier import sentences_of
from tests.notes.made_warehouse import facts, universe

SYMBOLS = ["SPY", "FXI", "VGK", "EWJ", "INDA", "TLT", "GLD", "BTCUSDT", "QQQ", "AAPL", "BIL"]
SIGNED = {"return_pct", "pressure_pct", "change", "breadth", "momentum_score"}


def shaken(dice: random.Random) -> list[Fact]:
    """The corpus facts with other values; some of them missing."""
    keep = dice.choice([1.0, 0.9, 0.4])
    values = {
        "rsi14": lambda _: dice.uniform(5, 95), "percentile": lambda _: dice.uniform(0, 100),
        "advancers": lambda _: float(dice.randint(0, 16)), "decliners": lambda _: float(dice.randint(0, 16)),
    }  # fmt: skip
    shaken = []
    for fact in facts():
        factor = dice.uniform(-2, 2) * dice.choice([1, 0.01]) if fact.metric in SIGNED else dice.uniform(0.5, 1.5)
        value = values[fact.metric](fact) if fact.metric in values else fact.value * factor
        shaken += [replace(fact, value=rounded(value))] if dice.random() < keep else []
    return shaken


def test_whatever_the_figures_are_the_rules_note_stands() -> None:
    """150 days of random figures: 3 to 4 sentences, three calls for different symbols, no finding, never cash."""
    dice = random.Random(7)
    for _ in range(150):
        day = shaken(dice)
        draft = rules.write(day, SYMBOLS)
        assert review(draft, day, universe()) == []
        assert len({call.symbol for call in draft.calls}) == 3
        assert 3 <= len(sentences_of(draft.summary)) <= 4
        assert "BIL" not in {call.symbol for call in draft.calls}


def test_the_same_figures_give_the_same_note() -> None:
    """No chance and no memory."""
    assert rules.write(facts(), SYMBOLS) == rules.write(facts(), SYMBOLS)


def test_an_extreme_rsi_is_called_against_for_five_sessions() -> None:
    """AAPL's RSI of 72.64 is the furthest out."""
    call = rules.write(facts(), SYMBOLS).calls[0]
    assert (call.symbol, call.stance, call.horizon) == ("AAPL", "underweight", 5)


def test_agreement_of_price_return_and_pressure_is_called_for_a_month() -> None:
    """Japan has the highest pressure with everything up, China the lowest with everything down."""
    calls = rules.write(facts(), SYMBOLS).calls
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
    calls = rules.write(day, SYMBOLS).calls
    assert ("TLT", "overweight", 63) in {(c.symbol, c.stance, c.horizon) for c in calls}
    assert ("GLD", "neutral", 21) in {(c.symbol, c.stance, c.horizon) for c in calls}


def test_a_universe_of_one_symbol_still_has_three_calls() -> None:
    """They differ by horizon."""
    calls = rules.write(facts()[:1], ["SPY"]).calls
    assert len({(c.symbol, c.horizon) for c in calls}) == 3
