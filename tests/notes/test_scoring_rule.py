"""Benchmarks, and the sentence that says when a call was wrong."""

import pytest

from etl.errors import UsageWrong
from etl.notes.documents.scoring_rule import STANCES, benchmark_of, callable_symbols, wrong_if


@pytest.mark.parametrize(
    ("symbol", "benchmark"),
    [("SPY", "BIL"), ("TLT", "BIL"), ("AGG", "BIL"), ("GLD", "BIL"), ("DBC", "BIL"), ("BTCUSDT", "BIL"),
     ("ETHUSDT", "BTCUSDT"), ("BNBUSDT", "BTCUSDT"), ("FXI", "SPY"), ("AAPL", "SPY")],
)  # fmt: skip
def test_each_symbol_has_the_benchmark_of_the_rule(symbol: str, benchmark: str) -> None:
    """Cash, bitcoin or SPY."""
    assert benchmark_of(symbol) == benchmark


def test_cash_cannot_be_called() -> None:
    """It is what others are measured against."""
    assert callable_symbols(["SPY", "BIL", "FXI"]) == ("SPY", "FXI")
    with pytest.raises(UsageWrong, match="cannot be called"):
        benchmark_of("BIL")


@pytest.mark.parametrize("stance", STANCES)
def test_what_makes_a_call_wrong_names_both_symbols_and_the_horizon(stance: str) -> None:
    """A reader can check it without the code."""
    said = wrong_if("FXI", stance, 21)  # type: ignore[arg-type]  # a Stance
    assert "FXI" in said
    assert "SPY" in said
    assert "21 sessions" in said
