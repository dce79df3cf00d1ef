"""Numbers that follow from cited facts: a difference, ratio, sum or percent change that the sentence names."""

from collections.abc import Iterator, Sequence
from itertools import combinations, permutations

from etl.notes.documents.fact import Fact
from etl.notes.verifier.entities import subject_of
from etl.notes.verifier.lexicon import ABOVE_BELOW, AHEAD, BEHIND, DIFFERENCES, PERCENT_CHANGES, RATIOS, SUMS
from etl.notes.verifier.match import Sentence, direction_beside, in_unit
from etl.notes.verifier.numbers import Number

_MOST = 3


def is_derived(number: Number, place: Sentence, cited: Sequence[Fact]) -> bool:
    """Whether a named operation on at most 3 cited facts of equal units gives the number at its own rounding."""
    named = frozenset().union(*(m.subjects for m in place.mentions)) if place.mentions else None
    if named is None and place.carried:
        named = frozenset().union(*(m.subjects for m in place.carried[-1]))
    usable = [fact for fact in cited if named is None or subject_of(fact) & named]
    return any(_equals(number, value) for value in _results(number, place, usable))


def _equals(number: Number, value: float) -> bool:
    sign = -1 if number.sign == "-" else 1
    return abs(sign * number.value - value) <= number.tolerance * (1 + 1e-9)


def _results(number: Number, place: Sentence, facts: Sequence[Fact]) -> Iterator[float]:
    """What the operations that the sentence names make of the facts, in the number's unit."""
    sentence = place.sentence
    if number.unit != "times" and DIFFERENCES.search(sentence):
        for one, other in permutations(facts, 2):
            if _comparable(one, other) and _is_ahead(one, other, place):
                value, less = _in_unit(one, number), _in_unit(other, number)
                if value is not None and less is not None:
                    yield abs(value - less) if not number.sign else value - less
    if number.unit == "percent" and PERCENT_CHANGES.search(sentence):
        for one, other in permutations(facts, 2):
            if (
                one.unit.startswith("USD")
                and _comparable(one, other)
                and other.value > 0
                and _is_ahead(one, other, place)
            ):
                yield abs(100 * (one.value / other.value - 1))
    if number.unit == "times" and RATIOS.search(sentence):
        for one, other in permutations(facts, 2):
            if _comparable(one, other) and other.value and one.value / other.value > 0:
                yield one.value / other.value
    if number.unit != "times" and SUMS.search(sentence):
        for count in range(2, _MOST + 1):
            for several in combinations(facts, count):
                if all(f.metric == several[0].metric and f.window == several[0].window for f in several):
                    values = [in_unit(fact, number) for fact in several]
                    if all(f.unit == several[0].unit for f in several):
                        total = sum(value for value in values if value is not None)
                        down = direction_beside(number, place)[0] < 0 and not number.sign
                        yield -total if down else total


def _in_unit(fact: Fact, number: Number) -> float | None:
    """As for a fact itself, but a difference of percents may be told in `points`."""
    return fact.value if number.unit == "points" and fact.unit == "percent" else in_unit(fact, number)


def _comparable(one: Fact, other: Fact) -> bool:
    """Equal units, and either the same measure over the same window or two prices of one symbol."""
    if one.unit != other.unit or one.as_of[:10] != other.as_of[:10]:
        return False
    return (one.metric == other.metric and one.window == other.window) or (
        one.symbol is not None and one.symbol == other.symbol and one.unit == "USD"
    )


def _is_ahead(one: Fact, other: Fact, place: Sentence) -> bool:
    """Whether the difference goes the way in which the sentence tells it, for the order in which it names the two."""
    if one.symbol == other.symbol:
        side = ABOVE_BELOW.search(place.sentence)
        if side is None:
            return True
        is_close = one.metric == "close"
        return is_close and (one.value >= other.value if side["above"] else one.value <= other.value)
    first = min((m.start for m in place.mentions if subject_of(one) & m.subjects), default=-1)
    second = min((m.start for m in place.mentions if subject_of(other) & m.subjects), default=-1)
    if first > second:
        return False  # the pair comes in the other order too
    if AHEAD.search(place.sentence):
        return one.value >= other.value
    if BEHIND.search(place.sentence):
        return one.value <= other.value
    return True
