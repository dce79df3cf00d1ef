"""
The verifier: whether every number, direction, date and symbol of a text stands in the facts.

A number is *supported* when a fact of the right subject, measure, unit, window and sign equals it at the number's own
rounding; *derived* when it is a difference, ratio, sum or percent change of at most 3 cited facts of equal units and
the sentence names the operation; *structural* when it is a date of the facts, a horizon, or a named level or window of
an indicator. Whatever is none of these is a finding. It fails closed: a good sentence that is written in a way that no
rule here reads is refused, an invented number is not let through.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from etl.notes.documents.fact import Fact
from etl.notes.verifier import rule_derived, rule_structural
from etl.notes.verifier.entities import groups_of, masks_in, mentions_in, nodes_of, owners, strangers_in
from etl.notes.verifier.match import Sentence, matches
from etl.notes.verifier.numbers import NamedDay, Number, normalized, read
from etl.notes.verifier.rule_direction import wrong_claims
from etl.notes.verifier.rule_ranking import wrong_rankings
from etl.notes.verifier.rule_unsupported import unsupported_claims

_SENTENCE_END = re.compile(
    r"(?<=[.!?])(?<!\bvs\.)(?<!\be\.g\.)(?<!\bi\.e\.)(?<!\bU\.S\.)(?<!\bapprox\.)(?<!\bNo\.)"
    r"(?<!\b(?:Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\.)(?<!\bSept\.)[\"')]* (?=[\"'(]?[A-Z0-9$])"
)
_PRONOUN = re.compile(r"\b(?:it|its|they|their|the fund|the ETF|the index)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Finding:
    """What does not stand in a text: `kind` is number, direction, date, symbol, hearsay, citation or unreadable."""

    kind: str
    quote: str
    sentence: str
    why: str


def sentences_of(text: str) -> list[str]:
    """The sentences of a text, normalized."""
    return [s for s in _SENTENCE_END.split(normalized(text)) if s]


def verify(text: str, facts: Sequence[Fact], cited: Collection[str], universe: Collection[str]) -> list[Finding]:
    """
    What does not stand in `text`; [] when all of it does.

    `cited` are the ids of the facts from which a number may be derived; `universe` every symbol and series that a text
    may name.
    """
    known = {fact.id: fact for fact in facts}
    findings = [
        Finding("citation", id_, "", f"there is no fact {id_}") for id_ in sorted(set(cited)) if id_ not in known
    ]
    table = _Table(
        tuple(facts),
        tuple(known[id_] for id_ in dict.fromkeys(cited) if id_ in known),
        frozenset(universe) | {fact.symbol for fact in facts if fact.symbol},
        nodes_of(facts),
        frozenset(date.fromisoformat(fact.as_of[:10]) for fact in facts),
        {fact.symbol: fact.value for fact in facts if fact.symbol and fact.metric == "close" and not fact.is_bar},
    )
    before: Sentence | None = None
    for sentence in sentences_of(text):
        place, found = _check(sentence, table, before)
        findings += found
        before = place
    return findings


@dataclass(frozen=True, slots=True)
class _Table:
    facts: tuple[Fact, ...]
    cited: tuple[Fact, ...]
    subjects: frozenset[str]
    nodes: tuple[tuple[str, str], ...]
    days: frozenset[date]
    closes: dict[str, float]


def _check(sentence: str, table: _Table, before: Sentence | None) -> tuple[Sentence, list[Finding]]:
    mentions = mentions_in(sentence, table.subjects, table.nodes)
    reading = read(sentence, masks_in(sentence, mentions))
    groups = groups_of(sentence, mentions)
    refers_back = not groups and before is not None and _PRONOUN.search(sentence)
    carried = before.groups[-1:] if refers_back and before is not None else []
    cited = frozenset(fact.id for fact in table.cited)
    place = Sentence(sentence, mentions, groups, carried, reading, cited, table.closes)
    findings = [
        Finding("symbol", name, sentence, f"{name} is not in the universe")
        for name in strangers_in(sentence, table.subjects, mentions)
    ]
    findings += [Finding("unreadable", piece, sentence, "this number cannot be read") for piece in reading.unreadable]
    findings += [f for day in reading.days if (f := _judge_day(day, sentence, table))]
    findings += [f for number in reading.numbers if (f := _judge(number, place, table))]
    findings += [Finding("direction", quote, sentence, why) for quote, why in wrong_claims(place, table.facts)]
    findings += [Finding("direction", quote, sentence, why) for quote, why in wrong_rankings(place, table.facts)]
    findings += [Finding("hearsay", quote, sentence, why) for quote, why in unsupported_claims(sentence)]
    return place, findings


def _judge_day(day: NamedDay, sentence: str, table: _Table) -> Finding | None:
    if any(day.fits(known) for known in table.days):
        return None
    return Finding("date", day.text, sentence, "no fact is of this date")


def _judge(number: Number, place: Sentence, table: _Table) -> Finding | None:
    """None where the number stands, else why it does not."""
    wrong = rule_structural.wrong_level(number, place, table.facts)
    if wrong:
        return Finding("direction", number.text, place.sentence, wrong)
    if rule_structural.is_structural(number, place):
        return None
    allowed = _owners(number, place)
    verdicts = [matches(number, fact, place, allowed) for fact in table.facts]
    if "" in verdicts or rule_derived.is_derived(number, place, table.cited):
        return None
    reasons = [v for v in verdicts if v]
    for kind in ("direction", "number"):
        for reason in reasons:
            if reason.startswith(kind):
                return Finding(kind, number.text, place.sentence, reason.partition(": ")[2])
    return Finding(
        "number", number.text, place.sentence, "no figure of the day is this, and it follows from none that is cited"
    )


def _owners(number: Number, place: Sentence) -> frozenset[str] | None:
    if place.groups:
        return owners(number, place.sentence, place.groups, place.reading.numbers)
    if place.carried:
        return frozenset().union(*(m.subjects for m in place.carried[-1]))
    return None
