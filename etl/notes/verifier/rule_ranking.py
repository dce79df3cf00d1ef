"""
Claims about many at once: that most symbols advanced, that no region fell, that Japan was the strongest region.

They are held against the counts of the market, or against the facts of every region, asset class or symbol.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain

from etl.notes.documents.fact import Fact
from etl.notes.verifier.entities import Mention
from etl.notes.verifier.lexicon import DIRECTION, WINDOW_WORDS
from etl.notes.verifier.match import CONDITIONAL, Sentence, clause_of
from etl.notes.verifier.numbers import SMALL

_MEMBERS = r"(?P<what>symbols?|names?|stocks|securities|regions?|markets|asset classes|asset class|classes)"
_HOW = (
    r"nearly all|almost all|hardly any|not a single|no single|(?:fewer|less) than half|more than half|about half|half|"
    r"the majority|a majority|most|all|every|each|none|no|few"
)
_QUANTIFIED = re.compile(
    rf"\b(?P<not>not )?(?P<how>{_HOW})(?: of)?(?: the)? (?:[0-9]+ |US |\w+teen )?{_MEMBERS}\b(?P<rest>[^,;:]*)",
    re.IGNORECASE,
)
_MORE_THAN = re.compile(rf"\b(?P<how>more|fewer) {_MEMBERS} (?P<one>\w+) than (?P<other>\w+)", re.IGNORECASE)
_NUMBER = rf"(?:[0-9]+|{'|'.join(SMALL)})"
_COUNTED = re.compile(
    rf"\b(?P<count>{_NUMBER}) of (?:the |all )?(?P<all>{_NUMBER}) (?P<what>regions|asset classes)\b(?P<rest>[^,;:]*)",
    re.IGNORECASE,
)
_SHARES = {  # how much of all it must be: from, to
    **dict.fromkeys(("all", "every", "each"), (1.0, 1.0)),
    **dict.fromkeys(("none", "no", "not a single", "no single"), (0.0, 0.0)),
    **dict.fromkeys(("nearly all", "almost all"), (0.8, 1.0)),
    **dict.fromkeys(("most", "the majority", "a majority", "more than half"), (0.5001, 1.0)),
    **dict.fromkeys(("fewer than half", "less than half"), (0.0, 0.4999)),
    "hardly any": (0.0, 0.2), "few": (0.0, 0.4), "half": (0.45, 0.55), "about half": (0.4, 0.6),
}  # fmt: skip
_EXTREME = re.compile(
    r"(?<!second )(?<!third )(?<!second-)(?<!third-)(?<!next )\b"
    r"(?:(?P<top>strongest|best|leader|leads the|led the)|(?P<bottom>weakest|worst|laggard)|"
    r"(?P<size>largest|biggest|highest|greatest|steepest|sharpest|lowest|smallest|the most|the least))\b",
    re.IGNORECASE,
)
_EXCEPTED = re.compile(r"^ (?:but|except|other than|save|apart from)\b|.* (?:more|less|as much|further) (?:than|as)\b")
_FEW = re.compile(r"\bof (?:the|these|those|its|all)? ?(?:two|three|four|pair|both)\b|\bbetween\b", re.IGNORECASE)
_OTHER = re.compile(r"\b(?:volatil|volume|turnover|correlat|percentile|yield|spread|MACD|clos|price)", re.IGNORECASE)
_DENIED = re.compile(r"\b(?:not|never|neither|nor)\b|n't\b|\b(?:among|one of) the $", re.IGNORECASE)
_FEWEST = 2  # of what is ranked
_IN = re.compile(r"^(?: \w+)? (?:in|for|by) (?:the )?$", re.IGNORECASE)

WrongRank = tuple[str, str]


def wrong_rankings(place: Sentence, facts: Sequence[Fact]) -> Iterator[WrongRank]:
    """Every claim of a sentence about many at once that the facts deny."""
    yield from _wrong_shares(place.sentence, facts)
    yield from _wrong_counts(place.sentence, facts)
    yield from _wrong_majorities(place.sentence, facts)
    yield from _wrong_extremes(place, facts)


def is_counted(start: int, sentence: str) -> bool:
    """Whether the word there is a share of symbols or regions, which is judged here: `half of the symbols advanced`."""
    both = chain(_QUANTIFIED.finditer(sentence), _COUNTED.finditer(sentence))
    counted = (m for m in both if DIRECTION.search(m["rest"]))
    return any(m.start() <= start < m.end("what") for m in counted)


def _wrong_shares(sentence: str, facts: Sequence[Fact]) -> Iterator[WrongRank]:
    for match in _QUANTIFIED.finditer(sentence):
        moved = DIRECTION.search(match["rest"])
        if moved is None or CONDITIONAL.search(sentence) or _EXCEPTED.match(match["rest"]):
            continue
        values = _moves(match["what"], sentence, facts)
        low, high = _SHARES[match["how"].lower()]
        sign = 1 if moved["up"] else -1
        share = sum(value * sign > 0 for value in values) / len(values) if values else -1.0
        if (low <= share <= high) == bool(match["not"]):
            held = sum(value * sign > 0 for value in values)
            yield (
                f"{match['how']} {match['what']}",
                f"it is so of {held} of {len(values)}" if values else "no fact says so",
            )


def _wrong_counts(sentence: str, facts: Sequence[Fact]) -> Iterator[WrongRank]:
    """`Two of the five regions gained`; symbols that advanced are figures of the market's own."""
    for match in _COUNTED.finditer(sentence):
        moved = DIRECTION.search(match["rest"])
        values = _moves(match["what"], sentence, facts)
        said = [SMALL.get(match[name].lower(), match[name]) for name in ("count", "all")]
        held = sum(value * (1 if moved["up"] else -1) > 0 for value in values) if moved else -1
        if moved and [str(each) for each in said] != [str(held), str(len(values))]:
            yield match[0], f"it is so of {held} of {len(values)}"


def _wrong_majorities(sentence: str, facts: Sequence[Fact]) -> Iterator[WrongRank]:
    for match in _MORE_THAN.finditer(sentence):
        one, other = DIRECTION.fullmatch(match["one"]), DIRECTION.fullmatch(match["other"])
        if one is None or other is None or bool(one["up"]) == bool(other["up"]):
            continue
        values = _moves(match["what"], sentence, facts)
        up, down = sum(value > 0 for value in values), sum(value < 0 for value in values)
        difference = (up - down if one["up"] else down - up) * (1 if match["how"].lower() == "more" else -1)
        if difference <= 0:
            yield match[0], f"{up} went up and {down} down"


def _moves(what: str, sentence: str, facts: Sequence[Fact]) -> list[float]:
    """The moves of all of a kind over the window that is said; those of symbols on the day are the market's counts."""
    windows = _windows(sentence) or {"1D"}
    members = _members(what, facts)
    counts = {fact.metric: int(fact.value) for fact in facts if fact.id.startswith("market.") and fact.unit == "count"}
    if members is None and windows == {"1D"} and {"symbols", "advancers", "decliners"} <= set(counts):
        flat = counts["symbols"] - counts["advancers"] - counts["decliners"]
        return [1.0] * counts["advancers"] + [-1.0] * counts["decliners"] + [0.0] * flat
    return list(_values(facts, "return_pct", min(windows), members).values())


def _wrong_extremes(place: Sentence, facts: Sequence[Fact]) -> Iterator[WrongRank]:
    sentence = place.sentence
    for match in _EXTREME.finditer(sentence):
        start, end = clause_of(match.start(), sentence)
        clause = sentence[start:end]
        said = [m for m in place.mentions if not m.is_weak and "market" not in m.subjects]
        if (
            not said
            or _FEW.search(sentence)
            or _DENIED.search(sentence[start : match.start()])
            or CONDITIONAL.search(sentence)
        ):
            continue
        meant = [
            m for m in said if _IN.match(sentence[match.end() : m.start])
        ]  # `weakest in GLD`, not who comes before
        meant = meant or [m for m in said if m.end <= match.start()][-1:] or said[:1]
        mention = meant[0]
        metrics = _metrics(clause)
        if metrics and not any(_is_extreme(mention, match, metric, sentence, facts) for metric in metrics):
            yield match[0], f"no fact says so of {mention.text}"


def _metrics(clause: str) -> tuple[str, ...]:
    """What is ranked; nothing where it is a thing that facts do not give for everybody."""
    if re.search(r"\bRSIs?\b", clause, re.IGNORECASE):
        return ("rsi14",)
    if re.search(r"\bpressure\b", clause, re.IGNORECASE):
        return ("pressure_pct",)
    return () if _OTHER.search(clause) else ("return_pct",)


def _is_extreme(mention: Mention, match: re.Match[str], metric: str, sentence: str, facts: Sequence[Fact]) -> bool:
    """Whether it leads, or trails, those that the sentence names, over a window that it says."""
    windows: set[str | None] = {*_windows(sentence)} or {fact.window for fact in facts if fact.metric == metric}
    kinds = re.findall(r"regions?|asset class", sentence, re.IGNORECASE) or ["region", "asset class", "symbols"]
    moved = DIRECTION.search(sentence, match.end()) or DIRECTION.search(sentence)
    is_small = match[0].lower() in ("lowest", "smallest", "the least")
    is_low = is_small != (bool(match["size"]) and moved is not None and bool(moved["down"]))
    ends = (min,) if match["bottom"] or is_low else (max,)
    for kind in kinds:
        for window in windows:
            values = _values(facts, metric, window, _members(kind, facts))
            own = [value for symbol, value in values.items() if symbol in mention.subjects]
            if own and len(values) >= _FEWEST and any(end(values.values()) in own for end in ends):
                return True
    return False


def _windows(sentence: str) -> set[str]:
    return {window for words, window in WINDOW_WORDS if words.search(sentence)}


def _members(what: str, facts: Sequence[Fact]) -> frozenset[str] | None:
    """The symbols of the regions or asset classes; None for every symbol."""
    source = {"r": "marts.region_nodes", "a": "marts.asset_nodes", "c": "marts.asset_nodes"}.get(what.lower()[0])
    return frozenset(fact.symbol for fact in facts if fact.symbol and fact.source == source) if source else None


def _values(
    facts: Sequence[Fact], metric: str, window: str | None, members: frozenset[str] | None
) -> Mapping[str, float]:
    return {
        fact.symbol: fact.value
        for fact in facts
        if fact.symbol and fact.metric == metric and fact.window == window and not fact.is_bar
        if members is None or fact.symbol in members
    }
