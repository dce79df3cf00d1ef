"""
Claims without a number: that something rose or fell, that breadth or pressure is positive, a curve is inverted.

What would have to happen, and what is denied, is no claim; where the facts disagree among each other, nothing is said.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import pairwise

from etl.notes.documents.fact import Fact
from etl.notes.verifier.entities import subject_of
from etl.notes.verifier.lexicon import DIRECTION, MOVE_VERB, WINDOW_WORDS
from etl.notes.verifier.match import CONDITIONAL, Sentence, clause_of

_DENIED = re.compile(r"\b(?:not|no longer|never|neither|nor|without)\b|n't\b", re.IGNORECASE)
_NOT_MOVED = re.compile(
    r"\b(?:(?:did|does|do|has|have) ?(?:not|n't)|didn't|doesn't|failed to|never) (?:\w+ )?$", re.IGNORECASE
)
_NEITHER = re.compile(r"\bneither (?:[^,;:.]*\bnor )?(?:the )?$", re.IGNORECASE)
_EXCEPTED = re.compile(r"\b(?:but|except(?: for)?|other than|save for|apart from) (?:the )?$", re.IGNORECASE)
_MEASURES = re.compile(r"breadth|momentum score|(?:mean )?correlations?(?: strength)?", re.IGNORECASE)
_LEVELS_ONLY = re.compile(r"\b(?:RSI|MACD|ATR|volatility|mean|average|percentile|pressure)\b", re.IGNORECASE)
_ARRIVES = re.compile(r"\b(?:to|at|from)(?: about| around)? $", re.IGNORECASE)
_STATES = tuple(  # words, the fact that they speak of, the sign that it must have
    (re.compile(words, re.IGNORECASE), id_, sign)
    for words, id_, sign in (
        (r"\bbreadth\b[^,;:]{0,25}\bpositive\b|\bpositive breadth\b", "market.breadth", 1),
        (r"\bbreadth\b[^,;:]{0,25}\bnegative\b|\bnegative breadth\b", "market.breadth", -1),
        (r"\bmomentum score\b[^,;:]{0,25}\bpositive\b", "market.momentum_score", 1),
        (r"\bmomentum score\b[^,;:]{0,25}\bnegative\b", "market.momentum_score", -1),
        (r"\b(?:curve|spread)\b[^,;:]{0,25}\binver(?:ted|sion)\b|\binverted (?:yield )?curve\b", "T10Y2Y.value", -1),
    )
)
_PRESSURE = re.compile(
    r"\bpressure\b[^,;:]{0,40}\b(?:(?P<up>positive|above zero)|negative|below zero)\b|"
    r"\b(?:(?P<up2>positive)|negative) (?:buying )?pressure\b",
    re.IGNORECASE,
)
_COMPARED = re.compile(
    r" (?:has |have )?(?:(?P<ahead>outperform(?:ed|s)|beats?|led|leads|outpaced|outpaces|outgained)|"
    r"underperform(?:ed|s)|lag(?:ged|s)|trail(?:ed|s)) (?:the )?",
    re.IGNORECASE,
)
_MEAN = r"(?: (?:its|the|their|own))* (?:(?:30|thirty)[- ](?:day|session) )?(?:moving )?(?:mean|average)\b"
_SIDES = (  # words, the fact, the level that it is held against (0: the close against it)
    (
        re.compile(
            rf"\b(?:(?P<above>above|over|reclaimed|reclaims|regained|regains|cleared|topped)|below|under|beneath|lost){_MEAN}",
            re.IGNORECASE,
        ),
        "ma30",
        0,
    ),
    *(
        (re.compile(rf"\b(?:(?P<above>above|over|through|past)|below|under) (?:its |the )?{metric}\b", re.I), metric, 0)
        for metric in ("resistance", "support")
    ),
    (re.compile(r"\b(?P<above>overbought)\b(?! (?:level|line|threshold|mark))", re.IGNORECASE), "rsi14", 70),
    (re.compile(r"(?P<above>(?!))|\boversold\b(?! (?:level|line|threshold|mark))", re.IGNORECASE), "rsi14", 30),
)
_NEAR = re.compile(r"\b(?:near|close to|approach\w*|almost|nearly|towards?|short of|off)(?: \w+)? $", re.IGNORECASE)
_SUPPOSED = re.compile(  # `a close below its mean ends the case` supposes it
    r"\b(?:an?|any|the next) (?:\w+ )?(?:close|fall|drop|move|break|rise|return|breakout|breakdown)\b[^,;]*$",
    re.IGNORECASE,
)
_PART = re.compile(
    r"\b(?:(?P<top>top|upper|highest)|bottom|lower|lowest) "
    r"(?P<part>decile|quintile|quartile|tenth|fifth|quarter|third|half)\b(?= of)",
    re.IGNORECASE,
)
_WIDTHS = {"decile": 10, "tenth": 10, "quintile": 20, "fifth": 20, "quartile": 25, "quarter": 25, "third": 100 / 3,
           "half": 50}  # fmt: skip

WrongDirection = tuple[str, str]  # what is quoted, and why it does not stand


def wrong_claims(place: Sentence, facts: Sequence[Fact]) -> Iterator[WrongDirection]:
    """Every claim of a sentence that the facts deny."""
    yield from _wrong_moves(place, facts)
    yield from _wrong_states(place, facts)
    yield from _wrong_pressures(place, facts)
    yield from _wrong_comparisons(place, facts)
    yield from _wrong_sides(place, facts)
    yield from _wrong_extents(place, facts)


def _wrong_moves(place: Sentence, facts: Sequence[Fact]) -> Iterator[WrongDirection]:
    """`SPY rose` where every return of SPY that could be meant is negative, or where no fact tells its move."""
    for match in DIRECTION.finditer(place.sentence):
        before = [g for g in place.groups if 0 <= match.start() - g[-1].end <= 20]
        between = place.sentence[before[-1][-1].end : match.start()] if before else ","
        is_negated = _NOT_MOVED.search(between) is not None
        if not (MOVE_VERB.fullmatch(match[0]) or is_negated) or re.search(r"[,;:]", between):
            continue
        if _has_size(match.end(), place) or _is_open(match.start(), place):
            continue
        if _EXCEPTED.search(place.sentence[: before[-1][0].start]):
            continue
        is_negated |= _NEITHER.search(place.sentence[: before[-1][0].start]) is not None
        sign = (1 if match["up"] else -1) * (-1 if is_negated else 1)
        for mention in before[-1]:
            own = [f for f in facts if subject_of(f) & mention.subjects]
            meant = [f for f in own if f.metric in ("return_pct", "change_pct", "change")]
            meant = [f for f in meant if _in_window(f, place.sentence) and _is_of_day(f, place)]
            quote = f"{mention.text}{between}{match[0]}"
            is_told = "market" not in mention.subjects or _MEASURES.fullmatch(mention.text)
            if own and is_told and (not meant or _LEVELS_ONLY.search(between)):
                yield quote, "no fact tells this move"
            yield from _denied(meant, sign, quote)


def _wrong_states(place: Sentence, facts: Sequence[Fact]) -> Iterator[WrongDirection]:
    for words, id_, sign in _STATES:
        match = words.search(place.sentence)
        if match and not _DENIED.search(match[0]) and not _is_open(match.start(), place):
            yield from _denied([f for f in facts if f.id == id_], sign, match[0])


def _wrong_pressures(place: Sentence, facts: Sequence[Fact]) -> Iterator[WrongDirection]:
    """`The buying pressure of SPY was negative` where every pressure of SPY that could be meant is positive."""
    for match in _PRESSURE.finditer(place.sentence):
        sign = (1 if match["up"] or match["up2"] else -1) * (-1 if _DENIED.search(match[0]) else 1)
        groups = [g for g in place.groups if g[-1].end <= match.end()] or list(place.groups) or list(place.carried)
        if groups and not _is_open(match.start(), place):
            subjects = frozenset().union(*(m.subjects for m in groups[-1]))
            own = [f for f in facts if f.metric == "pressure_pct" and subject_of(f) & subjects]
            yield from _denied([f for f in own if _in_window(f, place.sentence)], sign, match[0])


def _wrong_comparisons(place: Sentence, facts: Sequence[Fact]) -> Iterator[WrongDirection]:
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


def _wrong_sides(place: Sentence, facts: Sequence[Fact]) -> Iterator[WrongDirection]:
    """`SPY is below its 30-day mean`, `FXI is overbought`: of the last name before it."""
    if CONDITIONAL.search(place.sentence):
        return
    for words, metric, level in _SIDES:
        for match in words.finditer(place.sentence):
            before = place.sentence[: match.start()]
            groups = [g for g in place.groups if g[-1].end <= match.start()] or list(place.carried)
            if not groups or _NEAR.search(before) or _SUPPOSED.search(before):
                continue
            sign = (1 if match["above"] else -1) * (-1 if _DENIED.search(before[-25:]) else 1)
            for mention in groups[-1]:
                own = [f for f in facts if f.metric == metric and f.symbol in mention.subjects and not f.is_bar]
                gaps = [f.value - level if level else place.closes.get(f.symbol or "", f.value) - f.value for f in own]
                if not own or all(gap * sign < 0 for gap in gaps):
                    yield (
                        f"{mention.text} {match[0]}",
                        f"{own[0].name} is {own[0].value:g}" if own else "no fact says so",
                    )


def _wrong_extents(place: Sentence, facts: Sequence[Fact]) -> Iterator[WrongDirection]:
    """`The VIX is in its top decile` where its percentile lies elsewhere, or no fact gives one."""
    for match in _PART.finditer(place.sentence):
        groups = [g for g in place.groups if g[-1].end <= match.start()] or list(place.carried)
        subjects = frozenset().union(*(m.subjects for g in groups[-1:] for m in g))
        own = [f for f in facts if f.metric == "percentile" and subject_of(f) & subjects]
        width = _WIDTHS[match["part"].lower()]
        low, high = (100 - width, 100) if match["top"] else (0, width)
        if not _is_open(match.start(), place) and not any(low <= f.value <= high for f in own):
            yield match[0], f"{own[0].name} is {own[0].value:g}" if own else "no fact says so"


def is_part(start: int, sentence: str) -> bool:
    """Whether the word there names a part of a range: `the lower half of its range`."""
    return any(match.start("part") == start for match in _PART.finditer(sentence))


def _denied(meant: Sequence[Fact], sign: int, quote: str) -> Iterator[WrongDirection]:
    """The claim, where there is a fact that it could mean and all of them have the other sign."""
    if meant and all(fact.value * sign < 0 for fact in meant):
        yield quote, f"{meant[0].name} was {meant[0].value:g} {meant[0].unit}"


def _is_open(start: int, place: Sentence) -> bool:
    """Whether what stands there is told as what would have to happen: `wrong if SPY fell`."""
    return CONDITIONAL.search(place.sentence[:start]) is not None


def _has_size(start: int, place: Sentence) -> bool:
    """Whether the clause goes on with the size of the move: `rose 0.3 percent`, but not `rose to 4.11 percent`."""
    stop = clause_of(start, place.sentence)[1]
    inside = [n for n in place.reading.numbers if start <= n.start < stop]
    return any(not _ARRIVES.search(place.sentence[start : n.start]) for n in inside)


def _is_of_day(fact: Fact, place: Sentence) -> bool:
    """Whether it is of a date that the sentence names, where it names any."""
    days = place.reading.days
    return not days or any(day.fits(date.fromisoformat(fact.as_of[:10])) for day in days)


def _in_window(fact: Fact, sentence: str) -> bool:
    said = {window for words, window in WINDOW_WORDS if words.search(sentence)}
    return not said or fact.window is None or fact.window in said
