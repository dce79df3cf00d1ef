"""Whether one fact supports one number of a sentence: its value, unit, subject, measure, window, date and sign."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from etl.notes.documents.fact import Fact
from etl.notes.verifier.entities import Group, Mention, subject_of
from etl.notes.verifier.lexicon import (
    ABOVE_BELOW,
    DIRECTION,
    DIRECTION_AFTER,
    METRIC_WORDS,
    MOVEMENTS,
    SAID,
    SIGNED,
    WINDOW_WORDS,
)
from etl.notes.verifier.numbers import Number, SentenceNumbers

_BILLION = 1e9
_LEVELS = frozenset({"ma30", "resistance", "support", "bollinger_upper", "bollinger_lower"})
_CLAUSE_END = re.compile(
    r"[;:()]|,(?![0-9]{3}\b)|\b(?:while|but|whereas|though|although|as|and|after|with|versus|against)\b"
)
_LEVEL_BEFORE = re.compile(
    r"\b(?:at|to|from|of|was|is|were|are|stood|stands|near|around|about)(?: about| around)? $", re.IGNORECASE
)
CONDITIONAL = re.compile(r"\b(?:would|could|should|if|unless|until|may|might|must|needs?)\b", re.IGNORECASE)
_COUNTED = re.compile(  # what counts of symbols may be told with
    r"^(?:$|[.,;)]| (?:US |of |symbols?|names?|securities|advanc|declin|rose|rising|fell|falling|gain|los[te]|"
    r"(?:up|down|and|to|were|are|is|was|in)\b))",
    re.IGNORECASE,
)
_MORE = re.compile(r"^ (?:higher|lower|more|less|up|down)\b", re.IGNORECASE)
_ARRIVES = re.compile(r"\b(?:at|to|from)(?: about| around)? $", re.IGNORECASE)
_SIZED_AT = re.compile(  # `the largest loss of the day at 1.5 percent` tells its size, not where it arrived
    r"\b(?:loss|gain|decline|drop|fall|rise|advance)\b[^,;]{0,30}\bat(?: about| around)? $", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence with what was read in it; `carried` are the names that `its` refers back to."""

    sentence: str
    mentions: Sequence[Mention]
    groups: Sequence[Group]
    carried: Sequence[Group]
    reading: SentenceNumbers
    cited: frozenset[str] = frozenset()
    closes: Mapping[str, float] = field(default_factory=dict)  # of the day, by symbol


def clause_of(position: int, sentence: str) -> tuple[int, int]:
    """The bounds of the clause around a position."""
    start, end = 0, len(sentence)
    for match in _CLAUSE_END.finditer(sentence):
        if match.end() <= position:
            start = match.end()
        elif match.start() > position:
            end = match.start()
            break
    return start, end


def matches(number: Number, fact: Fact, place: Sentence, allowed: frozenset[str] | None) -> str:
    """
    "" where the fact supports the number; else a reason, or "-" where the fact has nothing to do with it.

    A reason starts with `direction:` or `number:`, the kind of the finding.
    """
    value = in_unit(fact, number)
    if value is None or not _equal(number, abs(value)):
        return "-"
    if not _is_owned(number, fact, place, allowed):
        return f"number: {number.text} is {fact.name}, not of what the sentence names"
    if not _is_measured(number, fact, place):
        return f"number: {number.text} is {fact.name}, not what the sentence says"
    if not _is_dated(fact, place):
        return f"number: {fact.name} is of {fact.as_of}"
    if not _is_signed(number, fact, value, place):
        return f"direction: {fact.name} is {fact.value:g} {fact.unit}"
    if _is_compared_wrongly(number, fact, place):
        return f"direction: the close is on the other side of {fact.name}"
    return ""


def in_unit(fact: Fact, number: Number) -> float | None:
    """The fact's value in the number's unit; None where the units cannot be the same."""
    unit, value = fact.unit, fact.value
    is_percent = unit in ("percent", "percentage points")
    match number.unit:
        case "percent":
            return value if is_percent else 100 * value if unit == "ratio" else None
        case "pp":
            return value if is_percent else None
        case "bp":
            return 100 * value if is_percent else None
        case "points":
            return value if unit in ("points", "percentage points") else None
        case "percentile" | "ordinal":
            return value if unit == "percentile" else None
        case "times":
            return value if unit == "times" else None
        case "usd":
            return value * _BILLION if unit == "USD bn" else value if unit.startswith("USD") else None
        case "":
            if unit == "USD bn" and number.scale > 1:
                return value * _BILLION
            return value if number.scale == 1 or unit.startswith("USD") else None
    return None


def _equal(number: Number, value: float) -> bool:
    return abs(number.value - value) <= number.tolerance * (1 + 1e-9) + 1e-12 * value


def _is_owned(number: Number, fact: Fact, place: Sentence, allowed: frozenset[str] | None) -> bool:
    if allowed is None:
        return _stands_by_itself(number, fact, place)
    if subject_of(fact) & allowed:
        return fact.metric not in SAID or SAID[fact.metric].search(place.sentence) is not None
    # a figure of the whole market belongs to no name: its own measure must be named
    words = METRICS_BY_NAME.get(fact.metric)
    return fact.symbol is None and words is not None and any(w.search(place.sentence) for w in words)


def _stands_by_itself(number: Number, fact: Fact, place: Sentence) -> bool:
    """
    Where a sentence names nobody, rounding would let almost any short number through: it must be the fact itself, or
    the fact must be cited or its measure named.
    """
    if number.value == abs(in_unit(fact, number) or 0.0) or fact.id in place.cited:
        return True
    return any(words.search(place.sentence) for words in METRICS_BY_NAME.get(fact.metric, ()))


METRICS_BY_NAME: dict[str, list[re.Pattern[str]]] = {}
for _pattern, _metrics in METRIC_WORDS:
    for _metric in _metrics:
        METRICS_BY_NAME.setdefault(_metric, []).append(_pattern)


def _is_measured(number: Number, fact: Fact, place: Sentence) -> bool:
    """Measure and window: what the words nearest to the number call it."""
    start, end = clause_of(number.start, place.sentence)
    before, after = place.sentence[start : number.start], place.sentence[number.end : end]
    if fact.unit == "count" and not _COUNTED.match(after):
        return False
    if _MORE.match(after) and fact.metric not in SIGNED and fact.unit != "count":
        return False  # `17 points higher` tells a change, not a level
    metrics = _metrics_beside(before, after, number)
    if metrics is not None and fact.metric not in metrics:
        return False
    moves = direction_beside(number, place)[0] and not _ARRIVES.search(before)
    if moves and number.unit in ("percent", "pp", "bp") and fact.metric not in SIGNED:
        return False
    if moves and metrics is None and number.unit == "" and fact.metric in ("close", "ma30", "rsi14"):
        return False
    return fact.metric not in MOVEMENTS or _in_window(fact, place.sentence[start:end], place.sentence)


def _metrics_beside(before: str, after: str, number: Number) -> frozenset[str] | None:
    right = re.match(r"^(?: \w+)?? (\w+)", after)
    if right:
        for words, metrics in METRIC_WORDS:
            if words.match(right[1]) and not (number.unit == "percent" and "close" in metrics):
                return metrics
    found: tuple[int, frozenset[str]] | None = None
    for words, metrics in METRIC_WORDS:
        if number.unit in ("percent", "bp", "pp") and "close" in metrics:
            continue
        for match in words.finditer(before):
            if found is None or match.start() > found[0]:
                found = (match.start(), metrics)
    return found[1] if found else None


def _in_window(fact: Fact, clause: str, sentence: str) -> bool:
    for text in (clause, sentence):
        said = {window for words, window in WINDOW_WORDS if words.search(text)}
        if said:
            return (fact.window or _change_window(fact)) in said
    return True


def _change_window(fact: Fact) -> str:
    return "1W" if fact.id.startswith("net_liquidity") else "1D"


def _is_dated(fact: Fact, place: Sentence) -> bool:
    """Where the sentence names dates, the fact is of one of them; an earlier candle's date must be named."""
    days = place.reading.days
    return (not days and not fact.is_bar) or any(day.fits(date.fromisoformat(fact.as_of[:10])) for day in days)


def direction_beside(number: Number, place: Sentence) -> tuple[int, bool]:
    """(+1, -1 or 0, whether it stands in the number's own clause): the direction that words give to a number."""
    return direction_at(number.start, number.end, place.sentence)


def direction_at(begin: int, stop: int, sentence: str) -> tuple[int, bool]:
    """The direction of the words beside a span: right behind it, else the nearest before it in its clause."""
    start, end = clause_of(begin, sentence)
    after = DIRECTION_AFTER.match(sentence[stop:end])
    if after:
        return (1 if after["up"] else -1), True
    before = list(DIRECTION.finditer(sentence, start, begin))
    if before:
        return (1 if before[-1]["up"] else -1), True
    earlier = list(DIRECTION.finditer(sentence, 0, start))
    own = sentence[start:begin]
    if earlier and not _LEVEL_BEFORE.search(own) and not any(words.search(own) for words, _ in METRIC_WORDS):
        return (1 if earlier[-1]["up"] else -1), False
    return 0, False


def _is_signed(number: Number, fact: Fact, value: float, place: Sentence) -> bool:
    direction, own = direction_beside(number, place)
    start, _ = clause_of(number.start, place.sentence)
    before = place.sentence[start : number.start]
    if _ARRIVES.search(before) and not _SIZED_AT.search(before) and not re.search(r"\b(?:positive|negative)\b", before):
        direction = 0
    if fact.metric == "symbols":  # `all 16 symbols advanced` tells their number as that of advancers
        after = place.sentence[number.end :]
        return re.search(r"\bof (?:the )?$", before) is not None or DIRECTION_AFTER.match(after) is None
    if fact.metric in ("advancers", "decliners"):
        return direction != (-1 if fact.metric == "advancers" else 1)
    if number.sign:
        same = (value < 0) == (number.sign == "-") or value == 0
        return same and not (own and fact.metric in SIGNED and direction * value < 0)
    if fact.metric not in SIGNED:
        return value >= 0
    if direction == 0:
        return value >= 0
    return direction * value >= 0


def _is_compared_wrongly(number: Number, fact: Fact, place: Sentence) -> bool:
    """`above its 30-day mean of X` where the close stands below it; what would have to happen is no claim."""
    close = place.closes.get(fact.symbol or "")
    if fact.metric not in _LEVELS or close is None or CONDITIONAL.search(place.sentence):
        return False
    start, _ = clause_of(number.start, place.sentence)
    said = list(ABOVE_BELOW.finditer(place.sentence, start, number.start))
    if not said:
        return False
    difference = close - fact.value
    return difference < 0 if said[-1]["above"] else difference > 0
