"""
What followed signals: forward returns against the unconditional base of the same symbols, by period.

A signal of day t is known after its close, so it enters at the close of the next session and ends h sessions later, as
calls do; crypto by the UTC closes of the sessions' dates, so that a horizon is the same span for every symbol. Returns
are total and in logs, in percent. The base is the mean of all windows of the same symbol and period; the edge is the
signals' mean less theirs, its interval a block bootstrap. A window that reaches over its period's end is left out.
"""

import math
from bisect import bisect_right
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from etl.notes.track_record import excess_interval

TOO_FEW = "too few signals to judge"
NOTHING = "no edge that could not be chance"
ONLY_FOUND = "an edge in discovery that later data do not confirm"
HOLDS = "an edge in discovery and in later data"
AGAINST = "worse than the base in discovery and in later data"
DISCOVERY_SHARE = 0.7
MANY_TRIES = 5


@dataclass(frozen=True, slots=True)
class Window:
    """One forward window of a symbol: the day of its signal, its first and last bar, its return in percent."""

    symbol: str
    day: date
    entry: date
    exit: date
    value: float


def windows_of(
    symbol: str, days: Sequence[tuple[date, float | None]], horizon: int, sessions: Collection[date] | None = None
) -> dict[date, Window]:
    """
    Every whole window of a symbol by the day of its signal, from (day, total return in percent) in order of time.

    Only days of `sessions` are entered and left at; None: every day is one. A window with a return that is not known is
    left out.
    """
    found: dict[date, Window] = {}
    sums, holes = [0.0], [0]
    for _, value in days:
        sums.append(sums[-1] + (math.log1p(value / 100) if value is not None else 0.0))
        holes.append(holes[-1] + (value is None))
    closes = [at for at, (day, _) in enumerate(days) if sessions is None or day in sessions]
    for at, (day, _) in enumerate(days):
        entry = bisect_right(closes, at)
        if entry + horizon >= len(closes):
            break
        first, last = closes[entry], closes[entry + horizon]
        if holes[last + 1] == holes[first + 1]:
            value = 100 * (sums[last + 1] - sums[first + 1])
            found[day] = Window(symbol, day, days[first][0], days[last][0], value)
    return found


def judged(
    signals: Iterable[tuple[str, date]],
    windows: Mapping[str, Mapping[date, Window]],
    horizon: int,
    split: date,
    added: date,
) -> dict[str, dict[str, float | int | None]]:
    """The figures of `all`, `discovery` (before `split`), `later` (up to `added`) and `live` (since it was added)."""
    hits = [windows[s][d] for s, d in signals if d in windows.get(s, {})]
    periods = {
        "all": (date.min, date.max),
        "discovery": (date.min, split),
        "later": (split, added),
        "live": (added, date.max),
    }
    return {name: _figures(hits, windows, horizon, span) for name, span in periods.items()}


def verdict(figures: Mapping[str, Mapping[str, float | int | None]]) -> str:
    """What discovery and later data say together, in words."""
    found, later = figures["discovery"], figures["later"]
    lows, highs = (found["low_pct"], later["low_pct"]), (found["high_pct"], later["high_pct"])
    if lows[0] is None or highs[0] is None:
        return TOO_FEW
    if lows[0] <= 0 <= highs[0]:
        return NOTHING
    if lows[1] is None or highs[1] is None or lows[1] <= 0 <= highs[1] or (lows[0] > 0) != (lows[1] > 0):
        return ONLY_FOUND
    return HOLDS if lows[0] > 0 else AGAINST


def warning(tries: int) -> str | None:
    """What many tries mean for one that looks good; None while there are few."""
    if tries < MANY_TRIES:
        return None
    luck = 100 * (1 - 0.95**tries)
    return (
        f"{tries} hypotheses were tried: with none true, one or more looks good at 95 % with a chance of {luck:.0f} %"
    )


def _figures(
    hits: Sequence[Window], windows: Mapping[str, Mapping[date, Window]], horizon: int, span: tuple[date, date]
) -> dict[str, float | int | None]:
    inside = [w for w in hits if span[0] <= w.entry and (w.exit < span[1] or span[1] == date.max)]
    if not inside:
        return {"n": 0, **dict.fromkeys(("mean_pct", "base_pct", "edge_pct", "low_pct", "high_pct", "up_share"))}
    bases = {s: _base(windows[s].values(), span) for s in {w.symbol for w in inside}}
    mean = math.fsum(w.value for w in inside) / len(inside)
    base = math.fsum(bases[w.symbol] for w in inside) / len(inside)
    interval = excess_interval(
        [{"entry_date": w.entry, "excess_return_pct": w.value - bases[w.symbol]} for w in inside], horizon
    )
    return {
        "n": len(inside),
        "mean_pct": mean,
        "base_pct": base,
        "edge_pct": mean - base,
        "low_pct": interval[0] if interval else None,
        "high_pct": interval[1] if interval else None,
        "up_share": sum(w.value > 0 for w in inside) / len(inside),
    }


def _base(windows: Iterable[Window], span: tuple[date, date]) -> float:
    values = [w.value for w in windows if span[0] <= w.entry and (w.exit < span[1] or span[1] == date.max)]
    return math.fsum(values) / len(values)
