"""The rules' words in every mode: they stand, whatever the figures are."""

import random
from datetime import date

import pytest

from etl.notes.verifier.verify import sentences_of
from etl.notes.writer import rule_based
from etl.notes.writer.modes import CHOSEN
from etl.notes.writer.review import review
from etl.notes.writer.rule_based import Earlier
from tests.notes.made_warehouse import universe
from tests.notes.test_rules import SYMBOLS, shaken

CALLS = [
    Earlier(date(2025, 10, 30), symbol, stance, benchmark, is_hit)
    for symbol, stance, benchmark, is_hit in (
        ("SPY", "overweight", "BIL", None), ("FXI", "underweight", "SPY", None), ("GLD", "neutral", "BIL", None),
        ("EWJ", "overweight", "SPY", True), ("AAPL", "underweight", "SPY", False),
    )
]  # fmt: skip


@pytest.mark.parametrize("mode", CHOSEN)
def test_whatever_the_figures_are_the_rules_note_of_every_mode_stands(mode: str) -> None:
    """60 days of random figures, with calls before and without: right shape, no finding."""
    dice = random.Random(11)
    for n in range(60):
        day = shaken(dice)
        draft = rule_based.write_sections(day, SYMBOLS, CHOSEN[mode], CALLS[: n % 6])
        assert review(draft, day, universe(), CHOSEN[mode]) == [], draft
        assert CHOSEN[mode].fewest <= len(sentences_of(draft.summary)) <= CHOSEN[mode].most


def test_a_review_says_for_which_call_the_day_speaks() -> None:
    """An overweight call is spoken for when its symbol did better than its benchmark on the day."""
    dice = random.Random(5)
    for _ in range(40):
        day = {fact.id: fact for fact in shaken(dice)}
        own, other = day.get("FXI.1D.return_pct"), day.get("SPY.1D.return_pct")
        draft = rule_based.write_sections(list(day.values()), SYMBOLS, CHOSEN["review"], CALLS[1:2])
        if own and other and own.value != other.value:
            word = "for" if own.value < other.value else "against"
            assert f"which speaks {word} it" in draft.summary
        else:
            assert "speaks" not in draft.summary
