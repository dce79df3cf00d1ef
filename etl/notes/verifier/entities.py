"""Who a sentence speaks of: symbols, series and names in it, and to which of them a number belongs."""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from etl.config.schema import SYMBOL
from etl.notes.documents.fact import Fact
from etl.notes.verifier.lexicon import ACRONYM, ALIASES, NAMED, PSEUDO, WEAK
from etl.notes.verifier.numbers import Number

_JOIN = re.compile(r"^(?:'s)?(?: ?(?:,|/|&|\band\b|\bn?or\b|\bversus\b|\bvs\.?)){1,2} ?(?:the |of )*$", re.IGNORECASE)
_TOUCH = re.compile(r"^[ (-]{0,2}$")
_BELONGS_AFTER = re.compile(
    r"^(?: (?:net|daily|weekly|monthly|total|price))?"
    r"(?: (?:gains?|loss(?:es)?|returns?|moves?|rises?|falls?|drops?|declines?|RSI|close|"
    r"pressure|yield|level|change))? (?:in|for|of|on|from|into|at) (?:the )?$",
    re.IGNORECASE,
)
_TICKER = re.compile(r"(?<![\w.&$])(?:[A-Z]{2,5}|[A-Z]{2,8}USDT?)(?![\w&])|\$[A-Z]{1,5}\b")
_NODE = re.compile(rf"(.+?) \(({SYMBOL})\) ")


@dataclass(frozen=True, slots=True)
class Mention:
    """A name in a sentence and the subjects that it may stand for."""

    start: int
    end: int
    text: str
    subjects: frozenset[str]

    @property
    def is_weak(self) -> bool:
        """Whether a nearer name takes its place (`China stocks`)."""
        return self.text.lower() in WEAK


Group = tuple[Mention, ...]  # names that are joined by `and` or a comma


@lru_cache(maxsize=32)
def _patterns(
    subjects: frozenset[str], nodes: tuple[tuple[str, str], ...]
) -> tuple[tuple[re.Pattern[str], frozenset[str]], ...]:
    named: list[tuple[str, frozenset[str], bool]] = []
    for words, meant in ALIASES:
        held = subjects.intersection(meant)
        if held:
            named.append((words, held, any(c.islower() for c in re.sub(r"\\.|\(\?:", "", words))))
    named += [(words, frozenset({subject}), True) for words, subject in PSEUDO]
    named += [(re.escape(node), frozenset({symbol}), True) for node, symbol in nodes]
    exact = [(re.escape(s), frozenset({s}), False) for s in sorted(subjects, key=lambda s: (-len(s), s))]
    return tuple(
        (re.compile(rf"(?<![\w.])(?:{words})(?!\w)", re.IGNORECASE if any_case else 0), meant)
        for words, meant, any_case in exact + named
    )


def subject_of(fact: Fact) -> frozenset[str]:
    """Whom a fact speaks of: its symbol, `market` or `net_liquidity`."""
    if fact.symbol:
        return frozenset({fact.symbol})
    return frozenset({"net_liquidity" if fact.id.startswith("net_liquidity") else "market"})


def nodes_of(facts: Iterable[Fact]) -> tuple[tuple[str, str], ...]:
    """(node, symbol) as the facts' own names give them: `Japan (EWJ) 1M return`."""
    found = (_NODE.match(fact.name) for fact in facts)
    return tuple(sorted({(m[1], m[2]) for m in found if m}))


def mentions_in(sentence: str, subjects: frozenset[str], nodes: tuple[tuple[str, str], ...]) -> list[Mention]:
    """Every name in a sentence, in order; one that two names share keeps the subjects of the longer."""
    found: list[Mention] = []
    taken: list[tuple[int, int]] = []
    hits = [
        Mention(match.start(), match.end(), match[0], meant)
        for pattern, meant in _patterns(subjects, nodes)
        for match in pattern.finditer(sentence)
    ]
    for hit in sorted(hits, key=lambda m: (m.start - m.end, m.start)):
        same = next((i for i, m in enumerate(found) if (m.start, m.end) == (hit.start, hit.end)), None)
        if same is not None:
            found[same] = Mention(hit.start, hit.end, hit.text, found[same].subjects | hit.subjects)
        elif all(hit.end <= a or hit.start >= b for a, b in taken):
            found.append(hit)
            taken.append((hit.start, hit.end))
    return sorted(found, key=lambda m: m.start)


def masks_in(sentence: str, mentions: Iterable[Mention]) -> list[tuple[int, int]]:
    """The spans whose digits are part of a name."""
    return [(m.start, m.end) for m in mentions] + [m.span() for m in NAMED.finditer(sentence)]


def strangers_in(sentence: str, known: Collection[str], mentions: Sequence[Mention]) -> list[str]:
    """What looks like a symbol and is none of the universe, nor a part of a name in it (`BRK.B`)."""
    outside = (
        found
        for found in _TICKER.finditer(sentence)
        if not any(name.start <= found.start() and found.end() <= name.end for name in mentions)
    )
    words = (found[0].lstrip("$") for found in outside)
    return [word for word in words if word not in known and not ACRONYM.fullmatch(word)]


def groups_of(sentence: str, mentions: Sequence[Mention]) -> list[Group]:
    """Names joined to groups: `SPY and QQQ`. A weak name beside a strong one says nothing of its own."""
    strong = [m for m in mentions if not m.is_weak]
    merged: list[Mention] = []
    for each in strong or list(mentions):
        if merged and _TOUCH.match(sentence[merged[-1].end : each.start]):
            last = merged.pop()
            each = Mention(last.start, each.end, sentence[last.start : each.end], last.subjects | each.subjects)
        merged.append(each)
    groups: list[list[Mention]] = []
    for each in merged:
        if groups and _JOIN.match(sentence[groups[-1][-1].end : each.start]):
            groups[-1].append(each)
        else:
            groups.append([each])
    return [tuple(group) for group in groups]


def owners(number: Number, sentence: str, groups: Sequence[Group], numbers: Sequence[Number]) -> frozenset[str] | None:
    """The subjects that a number may belong to; None where the sentence names nobody."""
    if not groups:
        return None
    after = [g for g in groups if g[0].start >= number.end]
    if after and _BELONGS_AFTER.match(sentence[number.end : after[0][0].start]):
        return _subjects(after[0])
    before = [g for g in groups if g[-1].end <= number.start]
    if not before:
        return _subjects(after[0]) if after else None
    group = before[-1]
    stop = after[0][0].start if after else len(sentence)
    beside = [n for n in numbers if group[-1].end <= n.start < stop]
    if len(group) > 1 and len(beside) == len(group) and len({n.unit for n in beside if n.unit}) <= 1:
        return group[beside.index(number)].subjects  # `SPY and QQQ rose 0.3 and 0.5 percent`
    allowed = _subjects(group)
    if allowed <= {"market"} and len(before) > 1:
        allowed |= _subjects(before[-2])  # `SPY, with breadth positive, closed at ...`
    return allowed


def _subjects(group: Group) -> frozenset[str]:
    return frozenset().union(*(m.subjects for m in group))
