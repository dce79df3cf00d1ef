"""
What a recommendation is measured against, and when it was wrong: the fixed rule, as words and as names.

The arithmetic of the rule is SQL (`sql/aggregates/scoring__*.sql`); what stands here is
what a reader of a new call must see beside it.
"""

from collections.abc import Iterable
from typing import Literal

from etl.errors import UsageWrong

Stance = Literal["overweight", "neutral", "underweight"]
STANCES: tuple[Stance, ...] = ("overweight", "neutral", "underweight")
HORIZONS = (5, 21, 63)  # sessions
_CASH = "BIL"
AGAINST_CASH = frozenset({"SPY", "TLT", "AGG", "GLD", "DBC", "BTCUSDT"})


def can_be_called(symbol: str) -> bool:
    """Whether a recommendation may name `symbol`: cash is the benchmark, so it cannot be called."""
    return symbol != _CASH


def callable_symbols(symbols: Iterable[str]) -> tuple[str, ...]:
    """The symbols that a recommendation may name, in the order given."""
    return tuple(s for s in symbols if can_be_called(s))


def benchmark_of(symbol: str) -> str:
    """
    The symbol that `symbol` is measured against.

    >>> benchmark_of("GLD"), benchmark_of("ETHUSDT"), benchmark_of("FXI")
    ('BIL', 'BTCUSDT', 'SPY')

    Raises:
        UsageWrong: `symbol` is cash, which cannot be called.
    """
    if not can_be_called(symbol):
        raise UsageWrong(f"{symbol} is cash, the benchmark itself: it cannot be called")
    if symbol in AGAINST_CASH:
        return _CASH
    return "BTCUSDT" if symbol.endswith("USDT") else "SPY"


def wrong_if(symbol: str, stance: Stance, horizon: int) -> str:
    """One sentence that says what would make the call wrong, in the rule's own terms."""
    benchmark = benchmark_of(symbol)
    span = f"over the {horizon} sessions after entry"
    if stance == "overweight":
        return f"Wrong if {symbol} does not return more than {benchmark}, dividends included, {span}."
    if stance == "underweight":
        return f"Wrong if {symbol} does not return less than {benchmark}, dividends included, {span}."
    return f"Wrong if {symbol} and {benchmark} end more than half of their usual distance apart {span}."
