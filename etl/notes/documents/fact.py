"""
Facts out of marts: every figure that a note may quote, each with an id, a unit, an as-of and where it stands.

An id is `<subject>[.<window>].<metric>`: `SPY.close`, `FXI.1M.return_pct`, `DGS10.change`,
`market.breadth`. Values keep 6 significant digits and stand in plain decimal notation: a fact is what the text may
say, not what a formula goes on with.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal

_DIGITS = 6
FACT_WINDOWS = ("1D", "1W", "1M", "3M", "1Y")


@dataclass(frozen=True, slots=True)
class Fact:
    """
    One figure. `unit` is one of: USD, USD bn, percent, percentage points, points, percentile, ratio, count, a rate, or
    -100 to 100, which is that of buying pressure alone.

    `as_of` is an ISO date or instant; `symbol` is None for figures of the whole market; `source` is the provider that
    gave the value, or the relation that computed it.
    """

    id: str
    name: str
    value: float
    unit: str
    as_of: str
    symbol: str | None
    source: str

    @property
    def metric(self) -> str:
        """What is measured: `close`, `rsi14`, `return_pct` ..."""
        return self.id.rpartition(".")[2]

    @property
    def window(self) -> str | None:
        """The window that a return or pressure covers (`1D`, `1W` ...), None for what has none."""
        return next((part for part in self.id.split(".")[1:-1] if part in (*FACT_WINDOWS, "24h")), None)

    @property
    def is_bar(self) -> bool:
        """Whether it is of an earlier candle: a text that quotes it has to name its date."""
        return self.id.startswith("bar.")


def rounded(value: float) -> float:
    """`value` to 6 significant digits, integers as they are below a million."""
    return float(f"{value:.{_DIGITS}g}")


def plain(value: float) -> str:
    """
    A value in plain decimal notation, with a point also where it is whole.

    >>> plain(682.06), plain(1.2e-05), plain(109556.0)
    ('682.06', '0.000012', '109556.0')
    """
    text = format(Decimal(repr(value)), "f")
    return text if "." in text else f"{text}.0"


def as_json(facts: Iterable[Fact]) -> str:
    """The facts as the prompt shows them: a JSON array, one fact on a line, numbers in plain notation."""
    return "[\n" + ",\n".join(_line(fact) for fact in facts) + "\n]"


def as_documents(facts: Iterable[Fact]) -> list[dict[str, object]]:
    """The facts as they are kept with a note."""
    return [asdict(fact) for fact in facts]


def from_documents(documents: Iterable[Mapping[str, object]]) -> list[Fact]:
    """The facts of a kept note."""
    return [Fact(**document) for document in documents]  # type: ignore[arg-type]  # as `as_documents` wrote them


def hash_of(facts: Sequence[Fact]) -> str:
    """A name for exactly these facts."""
    return hashlib.sha256(as_json(facts).encode()).hexdigest()


def _line(fact: Fact) -> str:
    fields = [
        f'"{key}": {plain(value) if key == "value" else json.dumps(value, ensure_ascii=False)}'
        for key, value in asdict(fact).items()
        if value is not None
    ]
    return "  {" + ", ".join(fields) + "}"
