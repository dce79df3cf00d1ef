"""A draft against its facts: every text verified, the summary's length, the symbols that may be called."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any, cast

from etl.notes.documents.fact import Fact, from_documents, hash_of
from etl.notes.documents.scoring_rule import benchmark_of, can_be_called, wrong_if
from etl.notes.verifier.verify import Finding, sentences_of, verify
from etl.notes.writer.modes import ALL, DAILY, Mode
from etl.notes.writer.reply_schema import Call, Draft, ReplySection


def review(draft: Draft, facts: Sequence[Fact], universe: Collection[str], mode: Mode = DAILY) -> list[Finding]:
    """What does not stand in a draft; [] when it can be published."""
    findings = verify(draft.summary, facts, draft.summary_facts, universe)
    count = len(sentences_of(draft.summary))
    if not mode.fewest <= count <= mode.most:
        why = f"the summary has {mode.fewest} to {mode.most} sentences"
        findings.append(Finding("shape", f"{count} sentences", "", why))
    if len(draft.calls) != mode.calls:
        why = f"there are exactly {mode.calls} recommendations"
        findings.append(Finding("shape", f"{len(draft.calls)} calls", "", why))
    if tuple(section.name for section in draft.sections) != mode.sections:
        findings.append(Finding("shape", "sections", "", f"they are, in this order: {', '.join(mode.sections)}"))
    for section in draft.sections:
        findings += verify(section.text, facts, section.facts, universe)
    for call in draft.calls:
        if not can_be_called(call.symbol) or call.symbol not in universe:
            findings.append(Finding("symbol", call.symbol, "", f"{call.symbol} cannot be called"))
        for text in (call.title, call.action, call.against):
            findings += verify(text, facts, call.facts, universe)
    return list(dict.fromkeys(findings))


def review_reply(draft: Draft, facts: Sequence[Fact], universe: Collection[str], mode: Mode) -> list[Finding]:
    """The same of a model's reply, which may not give one recommendation twice; [] when it can be published."""
    times = Counter((call.symbol, call.horizon) for call in draft.calls)
    twice = [f"{symbol} over {horizon} sessions" for (symbol, horizon), count in times.items() if count > 1]
    why = "each recommendation is for another symbol, or another horizon"
    return review(draft, facts, universe, mode) + [Finding("shape", each, "", why) for each in twice]


def recommendations_of(draft: Draft) -> list[dict[str, object]]:
    """The calls as they are kept and published, each with its benchmark and what would make it wrong."""
    return [
        {
            **asdict(call),
            "facts": list(call.facts),
            "benchmark": benchmark_of(call.symbol),
            "wrong_if": wrong_if(call.symbol, call.stance, call.horizon),
        }
        for call in draft.calls
    ]


def draft_of(document: Mapping[str, object]) -> Draft:
    """The draft that a kept note was made of."""
    calls = cast("list[dict[str, object]]", document["recommendations"])
    own = ("benchmark", "wrong_if")
    return Draft(
        str(document["summary"]),
        tuple(cast("list[str]", document["summary_facts"])),
        tuple(Call(**{k: tuple(v) if k == "facts" else v for k, v in c.items() if k not in own}) for c in calls),  # type: ignore[arg-type]  # as `recommendations_of` wrote them
        tuple(
            ReplySection(s["name"], s["text"], tuple(s["facts"]))
            for s in cast("list[dict[str, Any]]", document.get("sections", []))
        ),
    )


def again(document: Mapping[str, Any], universe: Collection[str]) -> list[dict[str, str]]:
    """
    What does not stand of a kept note against the facts that were kept with it; [] where all of it does.

    `universe` serves notes that did not keep their own. A note without calls for want of good data has none to verify.
    """
    facts = from_documents(document["facts"])
    mode = ALL[document.get("mode", DAILY.name)]
    if mode.calls and not (document.get("sanity") or {"is_valid": True})["is_valid"]:
        mode = replace(mode, calls=0)
    if not document["verified"]:
        mode = replace(mode, calls=len(document["recommendations"]))
    findings = review(draft_of(document), facts, frozenset(document.get("universe", universe)), mode)
    if hash_of(facts) != document["facts_hash"]:
        findings.append(Finding("facts", document["facts_hash"], "", "the facts are not those that were hashed"))
    return [asdict(finding) for finding in findings]


def complaint(findings: Sequence[Finding]) -> list[str]:
    """One line for each finding, for the model that is asked to write again."""
    return [f"{f.quote}: {f.why}" + (f" (in: {f.sentence})" if f.sentence else "") for f in findings]
