"""
Claims without a number: that something rose or fell, that breadth is positive, that money left, a curve is inverted.

What would have to happen, and what is denied, is no claim; where the facts disagree among each other, nothing is said.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from etl.notes.facts import Fact
from etl.notes.matching import CONDITIONAL, Place, clause_of
from etl.notes.subjects import subject_of
from etl.notes.vocabulary import DIRECTION, FLOWS, MOVE_VERB, WINDOW_WORDS

_DENIED = re.compile(r"\b(?:not|no longer|never|neither|nor|without)\b|n't\b", re.IGNORECASE)
_ARRIVES = re.compile(r"\b(?:to|at|from)(?: about| around)? $", re.IGNORECASE)
_STATES = tuple(  # words, the fact that they speak of, the sign that it must have
    (re.compile(words, re.IGNORECASE), id_, sign)
    for words, id_, sign in (
        (r"\bbreadth\b[^,;:]{0,25}\bpositive\b|\bpositive breadth\b", "market.breadth", 1),
        (r"\bbreadth\b[^,;:]{0,25}\bnegative\b|\bnegative breadth\b", "market.breadth", -1),
        (r"\bmomentum score\b[^,;:]{0,25}\bpositive\b", "market.momentum_score", 1),
        (r"\bmomentum score\b[^,;:]{0,25}\bnegative\b", "market.momentum_score", -1),
        (r"\bvolume flow\b[^,;:]{0,25}\bpositive\b", "market.volume_flow_pct", 1),
        (r"\bvolume flow\b[^,;:]{0,25}\bnegative\b", "market.volume_flow_pct", -1),
        (r"\b(?:curve|spread)\b[^,;:]{0,25}\binver(?:ted|sion)\b|\binverted (?:yield )?curve\b", "T10Y2Y.value", -1),
    )
)
_LEFT = re.compile(
    r"\b(?:left|leaves|leaving|exit(?:s|ed|ing)?|fled|flees|out ?flows? (?:from|of|in)|flow(?:s|ed|ing)? out of) "
    r"(?:the )?$",
    re.IGNORECASE,
)
_CAME = re.compile(
    r"\b(?:entered|enters|entering|in ?flows? (?:into|to|in|for)|(?:flow(?:s|ed|ing)?|poured|went|moved) into) "
    r"(?:the )?$",
    re.IGNORECASE,
)
_COMPARED = re.compile(
    r" (?:has |have )?(?:(?P<ahead>outperform(?:ed|s)|beats?|led|leads|outpaced|outpaces|outgained)|"
    r"underperform(?:ed|s)|lag(?:ged|s)|trail(?:ed|s)) (?:the )?",
    re.IGNORECASE,
)
_MONEY = re.compile(r"\b(?:money|capital|flows?|flowed|flowing|inflows?|outflows?)\b", re.IGNORECASE)

Wrong = tuple[str, str]  # what is quoted, and why it does not stand


def wrong_claims(place: Place, facts: Sequence[Fact]) -> Iterator[Wrong]:
    """Every claim of a sentence that the facts deny."""
    yield from _wrong_moves(place, facts)
    yield from _wrong_states(place, facts)
    yield from _wrong_flows(place, facts)
    yield from _wrong_comparisons(place, facts)


def _wrong_moves(place: Place, facts: Sequence[Fact]) -> Iterator[Wrong]:
    """`SPY rose` where every return of SPY that could be meant is negative."""
    for match in DIRECTION.finditer(place.sentence):
        if MOVE_VERB.fullmatch(match[0]) is None or _has_size(match.end(), place) or _is_open(match.start(), place):
            continue
        before = [g for g in place.groups if 0 <= match.start() - g[-1].end <= 20]
        if not before or re.search(r"[,;:]", place.sentence[before[-1][-1].end : match.start()]):
            continue
        for mention in before[-1]:
            meant = [f for f in facts if f.metric in ("return_pct", "change_pct", "change")]
            meant = [f for f in meant if subject_of(f) & mention.subjects and _in_window(f, place.sentence)]
            yield from _denied(meant, 1 if match["up"] else -1, f"{mention.text} {match[0]}")


def _wrong_states(place: Place, facts: Sequence[Fact]) -> Iterator[Wrong]:
    for words, id_, sign in _STATES:
        match = words.search(place.sentence)
        if match and not _DENIED.search(match[0]) and not _is_open(match.start(), place):
            yield from _denied([f for f in facts if f.id == id_], sign, match[0])


def _wrong_flows(place: Place, facts: Sequence[Fact]) -> Iterator[Wrong]:
    """`Money left Japan` where every net flow of Japan that could be meant went in."""
    if not _MONEY.search(place.sentence):
        return
    for mention in place.mentions:
        before = place.sentence[: mention.start]
        sign = -1 if _LEFT.search(before) else 1 if _CAME.search(before) else 0
        if sign and not _DENIED.search(before[-40:]) and not _is_open(mention.start, place):
            meant = [f for f in facts if f.metric in FLOWS and not f.nodes and subject_of(f) & mention.subjects]
            meant = [f for f in meant if _in_window(f, place.sentence)]
            yield from _denied(meant, sign, f"{before.split()[-1]} {mention.text}")


def _wrong_comparisons(place: Place, facts: Sequence[Fact]) -> Iterator[Wrong]:
    """`Japan outperformed China` where every return that could be meant says the other way."""
    for one, other in pairwise(place.mentions):
        match = _COMPARED.fullmatch(place.sentence[one.end : other.start])
        if match is None or _is_open(one.start, place):
            continue
        meant = [
            (a, b)
            for a in facts
            for b in facts
            if a.metric == b.metric == "return_pct" and a.window == b.window and _in_window(a, place.sentence)
            if subject_of(a) & one.subjects and subject_of(b) & other.subjects
        ]
        sign = 1 if match["ahead"] else -1
        if meant and all((a.value - b.value) * sign < 0 for a, b in meant):
            a, b = meant[0]
            yield f"{one.text}{match[0]}{other.text}", f"{a.name} was {a.value:g} and {b.name} {b.value:g} {b.unit}"


def _denied(meant: Sequence[Fact], sign: int, quote: str) -> Iterator[Wrong]:
    """The claim, where there is a fact that it could mean and all of them have the other sign."""
    if meant and all(fact.value * sign < 0 for fact in meant):
        yield quote, f"{meant[0].name} was {meant[0].value:g} {meant[0].unit}"


def _is_open(start: int, place: Place) -> bool:
    """Whether what stands there is told as what would have to happen: `wrong if SPY fell`."""
    return CONDITIONAL.search(place.sentence[:start]) is not None


def _has_size(start: int, place: Place) -> bool:
    """Whether the clause goes on with the size of the move: `rose 0.3 percent`, but not `rose to 4.11 percent`."""
    stop = clause_of(start, place.sentence)[1]
    inside = [n for n in place.reading.numbers if start <= n.start < stop]
    return any(not _ARRIVES.search(place.sentence[start : n.start]) for n in inside)


def _in_window(fact: Fact, sentence: str) -> bool:
    said = {window for words, window in WINDOW_WORDS if words.search(sentence)}
    return not said or fact.window is None or fact.window in said
