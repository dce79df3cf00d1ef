"""The note, its facts and the track record, from the raw answers."""

import re
from typing import Any

import pytest

from tests.from_raw.comparing import taken
from tests.from_raw.conftest import Published
from tests.from_raw.facts import fact
from tests.from_raw.recomputation import Recomputation
from tests.from_raw.universe import SYMBOLS

pytestmark = pytest.mark.parametrize("run", ["demo"], indirect=True)

FACT_PRECISION = 5e-6  # facts are handed to the note at six significant digits
LATEST = "data/recommendations/latest.json"
STRUCTURAL = re.compile(  # dates, windows, horizons, and the RSI's levels
    r"\d{4}-\d{2}-\d{2}|\b\d+-day\b|last 252 values|(for|the) \d+ sessions|(above|below) [37]0\b(?!\.?\d)"
)
NUMBER = re.compile(r"(?<![\w.])-?\d[\d,]*(?:\.\d+)?")
BENCHMARKS = {"BIL": ["SPY", "TLT", "AGG", "GLD", "DBC", "BTCUSDT"], "BTCUSDT": ["ETHUSDT", "BNBUSDT"]}


def untraced(text: str, values: list[float]) -> list[str]:
    """The numbers of a text that are no value, up or down, to the text's own rounding."""
    offenders = []
    for said in NUMBER.findall(STRUCTURAL.sub(" ", text)):
        number = abs(float(said.replace(",", "")))
        half_a_unit = 0.5 * 10.0 ** -len(said.partition(".")[2])
        if not any(abs(abs(value) - number) <= half_a_unit * (1 + 1e-9) for value in values):
            offenders.append(said)
    return offenders


def test_every_fact_of_the_note_equals_the_figure_that_it_names(raw: Recomputation, published: Published) -> None:
    """data/recommendations/latest.json `facts`: value and date of each, to six digits; none without a recomputation."""
    facts = published(LATEST)["facts"]
    assert len(facts) > 100
    offenders = []
    for one in facts:
        value, as_of = fact(raw, one["id"])
        near = abs(one["value"] - value) <= FACT_PRECISION * abs(value) + 1e-12
        if not near or one["as_of"] != as_of:
            offenders.append(f"{LATEST} {one['id']}: {one['value']} of {one['as_of']}, recomputed {value} of {as_of}")
    assert offenders == []


def test_every_number_of_the_summary_stands_in_the_facts(published: Published) -> None:
    """data/recommendations/latest.json `summary`: no number but dates and named windows without a fact."""
    note = published(LATEST)
    assert note["verified"] is True
    assert len(NUMBER.findall(note["summary"])) > 5
    assert untraced(note["summary"], [one["value"] for one in note["facts"]]) == []


def test_every_number_of_a_recommendation_stands_in_the_facts_it_cites(published: Published) -> None:
    """Title, action, what speaks against it and when it was wrong: each number is one of the cited facts."""
    note = published(LATEST)
    values = {one["id"]: one["value"] for one in note["facts"]}
    assert len(note["recommendations"]) == 3
    for call in note["recommendations"]:
        text = " ".join(call[name] for name in ("title", "action", "against", "wrong_if"))
        assert untraced(text, [values[name] for name in call["facts"]]) == [], call["title"]
        assert call["symbol"] in SYMBOLS
        assert call["horizon"] in (5, 21, 63)
        assert call["benchmark"] == benchmark_of(call["symbol"])


def benchmark_of(symbol: str) -> str:
    """What a call is scored against."""
    return next((name for name, symbols in BENCHMARKS.items() if symbol in symbols), "SPY")


def test_the_note_is_the_one_that_was_kept_as_a_raw_answer(raw: Recomputation, published: Published) -> None:
    """The newest kept note of the default scope is what is published, in latest.json and under its date."""
    kept: dict[str, Any] = raw.lake.of("mfo", "note")[-1].document
    latest = published(LATEST)
    dated = published(f"data/recommendations/{kept['for_date']}.json")
    assert latest["dates"] == [kept["for_date"]] == [raw.anchor]
    assert {name: one for name, one in latest.items() if name != "dates"} == dated
    for name in ("for_date", "scope", "summary", "model", "verified", "kind"):
        assert dated[name] == kept[name], name
    assert dated["facts"] == [taken(one, *dated["facts"][0]) for one in kept["facts"]]


def test_the_first_track_record_is_empty_because_nothing_is_due(raw: Recomputation, published: Published) -> None:
    """
    data/track-record.json: no rows and nothing recent; every call of the note is pending.

    The demo's only note is published after the close of D: its entry is the close of the next session, which no raw
    answer holds, so that nothing can be settled and there is no figure to recompute.
    """
    record, note = published("data/track-record.json"), published(LATEST)
    assert note["published_at"] > raw.sessions[-1].strftime("%Y-%m-%dT21:00:00Z")
    assert (record["rows"], record["recent"]) == ([], [])
    assert record["pending"] == len(note["recommendations"])


def test_what_analysts_say_is_what_was_kept_as_raw_answers(raw: Recomputation, published: Published) -> None:
    """data/recommendations/latest.json `comments` and data/hypotheses.json: a row for each kept document, no other."""
    comments = [one.document for one in raw.lake.of("mfo", "comment")]
    shown = published(LATEST)["comments"]
    assert [(one["author"], one["text"]) for one in shown] == [(one["author"], one["text"]) for one in comments]
    kept = {one.document["name"] for one in raw.lake.of("mfo", "hypothesis")}
    hypotheses = published("data/hypotheses.json")
    assert {one["name"] for one in hypotheses["hypotheses"]} == kept
    tests = [one.document for one in raw.lake.of("mfo", "hypothesis_test")]
    assert hypotheses["tries"] == len({(one["condition"], one["horizon"]) for one in tests})
