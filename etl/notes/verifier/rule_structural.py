"""Numbers that need no fact: horizons, windows and named levels of indicators, the author's own counts, zero."""

import re
from collections.abc import Sequence

from etl.notes.documents.fact import Fact
from etl.notes.verifier.lexicon import OWN_COUNTS
from etl.notes.verifier.match import Sentence, clause_of
from etl.notes.verifier.numbers import Number
from etl.notes.verifier.rule_direction import is_part
from etl.notes.verifier.rule_ranking import is_counted

SPANS = {  # what may stand before each word for a span of time
    "session": {1, 5, 20, 21, 60, 63, 252},
    "day": {1, 5, 7, 14, 20, 21, 30, 60, 63, 90, 252},
    "week": {1},
    "month": {1, 3},
    "year": {1},
    "hour": {1, 24},
    "minute": {60},
    "value": {252},
}
_LEVELS = {"RSI": {30, 50, 70}, "MFI": {20, 80}, "percentile": {25, 75, 90}}
_SPAN = re.compile(
    r"^[- ](?:US |UTC |trading |calendar )?(session|day|week|month|year|hour|minute|value)s?\b(?P<rest>.{0,20})"
)
_RANGE_OF_SPANS = re.compile(r"^(?: (?:to|or|and)|,| ?-) ?(?:[0-9]+|\w+)[- ](session|day|week|month|year)s?\b")
_STREAK = re.compile(r"^ (?:in a row|straight|running|ago|streak|of)|consecutive|straight")
_LEVEL_BEFORE = re.compile(
    r"\b(?:above|below|over|under|beyond|past|through|near|threshold|level|line|mark|between|than|exceeds?|reach(?:es)?|"
    r"back to|from|and|to|the|of)(?: of| the| at)?(?: 30 and)? $",
    re.IGNORECASE,
)
_COMPARED = re.compile(r"\b(?:above|below|over|under|beyond|past|than|exceeds?|between|to) (?:the |its )?$", re.I)
_ASSERTED = re.compile(
    r"\b(?:is|was|are|were|stands|stood|sits|remains|reads|read|has been|at [0-9.]+ is|"
    r"with (?:its|an|the) (?:14-day )?RSI) (?:well |still |just |now |already )?"
    r"(?P<side>above|below|over|under|beyond|past) (?:the )?$",
    re.IGNORECASE,
)


def is_structural(number: Number, place: Sentence) -> bool:
    """Whether a number is a horizon, a window, a named level, zero, or a count of the author's own points."""
    after = place.sentence[number.end :]
    if number.spelled and (is_counted(number.start, place.sentence) or is_part(number.start, place.sentence)):
        return True  # a claim of many, or of a range's part, which is judged as one
    if number.unit or number.scale != 1:
        is_compared = _COMPARED.search(place.sentence[: number.start]) is not None
        return number.unit in ("percentile", "ordinal") and is_compared and _is_level(number, place, "percentile")
    if number.value == 0:
        return True
    if _is_span(number, place, after):
        return True
    if number.spelled and place.sentence[: number.start].endswith("the ") and _counts_names(number, place):
        return True
    if number.spelled and 2 <= number.value <= 9 and OWN_COUNTS.match(after):
        return number.value == 3 or not re.match(r"^ (?:\w+ )?(?:calls?|recommendations?)", after)
    return any(_is_level(number, place, name) for name in _LEVELS)


def wrong_level(number: Number, place: Sentence, facts: Sequence[Fact]) -> str:
    """Why an asserted level is not true (`SPY's RSI is above 70` where it is 61), else ""."""
    before = place.sentence[: number.start]
    said = _ASSERTED.search(before)
    if said is None or not _is_level(number, place, "RSI"):
        return ""
    groups = [g for g in place.groups if g[-1].end <= number.start] or list(place.carried)
    subjects = frozenset().union(*(m.subjects for m in groups[-1])) if groups else frozenset()
    readings = [f for f in facts if f.metric == "rsi14" and f.symbol in subjects]
    above = said["side"].lower() in ("above", "over", "beyond", "past")
    wrong = [f for f in readings if (f.value <= number.value if above else f.value >= number.value)]
    return f"{wrong[0].name} is {wrong[0].value:g}" if wrong and len(wrong) == len(readings) else ""


def _counts_names(number: Number, place: Sentence) -> bool:
    """`the two stocks` in a sentence that names two."""
    return number.value == len({mention.subjects for mention in place.mentions if not mention.is_weak})


def _is_span(number: Number, place: Sentence, after: str) -> bool:
    span = _SPAN.match(after) or _RANGE_OF_SPANS.match(after)
    if span is None or number.value not in SPANS[span[1]]:
        return False
    rest = span.groupdict().get("rest") or ""
    before = place.sentence[: number.start]
    return not _STREAK.match(rest) and not re.search(r"\b(?:consecutive|straight) $", before)


def _is_level(number: Number, place: Sentence, name: str) -> bool:
    if number.value not in _LEVELS[name] or (name != "percentile" and number.text != f"{number.value:g}"):
        return False
    start, end = clause_of(number.start, place.sentence)
    near = place.sentence[max(0, start - 60) : end]
    if re.search(rf"\b{name}", near, re.IGNORECASE) is None and "overbought" not in near and "oversold" not in near:
        return False
    before = place.sentence[: number.start]
    return _LEVEL_BEFORE.search(before) is not None and re.search(r"\b(?:RSI|MFI)(?: \w+)? of $", before) is None
