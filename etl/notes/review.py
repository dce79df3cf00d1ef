"""A draft against its facts: every text verified, the summary's length, the symbols that may be called."""

from collections.abc import Collection, Sequence
from dataclasses import asdict

from etl.notes.facts import Fact
from etl.notes.reply import CALLS, Draft
from etl.notes.scoring_rule import benchmark_of, can_be_called, wrong_if
from etl.notes.verifier import Finding, sentences_of, verify

FEWEST_SENTENCES, MOST_SENTENCES = 3, 4


def review(draft: Draft, facts: Sequence[Fact], universe: Collection[str]) -> list[Finding]:
    """What does not stand in a draft; [] when it can be published."""
    findings = verify(draft.summary, facts, draft.summary_facts, universe)
    count = len(sentences_of(draft.summary))
    if not FEWEST_SENTENCES <= count <= MOST_SENTENCES:
        findings.append(Finding("shape", f"{count} sentences", "", "the summary has 3 to 4 sentences"))
    if len(draft.calls) != CALLS:
        findings.append(Finding("shape", f"{len(draft.calls)} calls", "", "there are exactly 3 recommendations"))
    for call in draft.calls:
        if not can_be_called(call.symbol) or call.symbol not in universe:
            findings.append(Finding("symbol", call.symbol, "", f"{call.symbol} cannot be called"))
        for text in (call.title, call.action, call.against):
            findings += verify(text, facts, call.facts, universe)
    return list(dict.fromkeys(findings))


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


def complaint(findings: Sequence[Finding]) -> list[str]:
    """One line for each finding, for the model that is asked to write again."""
    return [f"{f.quote}: {f.why}" + (f" (in: {f.sentence})" if f.sentence else "") for f in findings]
