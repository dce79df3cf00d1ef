"""The whole route with a model that writes, one that does not, and one that is gone: what the user is told of it."""

import json

import pytest

from etl.domain import CHECKED
from tests.conftest import WRITTEN, Mfo, Upstream


def asked(upstream: Upstream) -> list[str]:
    """The paths that the model's server was asked for."""
    return [entry["path"] for entry in upstream.log() if entry["provider"] == "openai"]


def test_a_model_that_does_not_write_makes_the_run_partial_and_says_why_everywhere(fast: tuple[Mfo, Upstream]) -> None:
    """A liar, sent back once: exit 3, and the reason in the run, in `status`, in the note, the digest and the feed."""
    mfo, upstream = fast
    upstream.mood("liar")
    said = mfo("run-daily")
    assert said.code == 3, said.err
    why = "the model's note was sent back once and still does not stand"
    assert f"not done: note by gpt-6-luna: {why}" in said.err
    assert f"not done: note by gpt-6-luna: {why}" in mfo("status").out
    (run,) = mfo.rows("select status, details from etl_runs")
    assert (run["status"], why in str(run["details"])) == ("partial", True)
    note = mfo.artifact("data/recommendations/latest.json")
    assert (note["model"], note["why"]) == ("rules", why)
    assert "987.654" not in json.dumps(note)
    for path in ("feed.xml", "digest.md", "digest.html"):
        text = (mfo.data_dir / "site" / path).read_text().replace("\\", "").replace("&#x27;", "'")
        assert f"Written by rules, because {why}; {CHECKED}." in text, path
    assert len(asked(upstream)) == 2


@pytest.mark.parametrize("mood", ["reasoning", "no_effort_none+no_schema"])
def test_a_model_that_refuses_parameters_writes_the_note(fast: tuple[Mfo, Upstream], mood: str) -> None:
    """What it refuses is left out, and not sent again by the next process."""
    mfo, upstream = fast
    upstream.mood(f"{mood}+script", *[json.dumps(WRITTEN)] * 2)
    said = mfo("run-daily")
    assert said.code == 0, said.err
    assert mfo.artifact("data/recommendations/latest.json")["model"] == "gpt-6-luna"
    first = len(asked(upstream))
    assert first > 2
    assert mfo("analyze", "--force").code == 0
    assert len(asked(upstream)) == first + 1


def test_a_retired_model_is_no_success_and_doctor_names_it(fast: tuple[Mfo, Upstream]) -> None:
    """The run is partial; doctor finds it without a completion; --no-llm is complete."""
    mfo, upstream = fast
    upstream.mood("retired")
    said = mfo("run-daily", OPENAI_MODEL="gpt-4-turbo")
    assert said.code == 3, said.err
    assert "not done: note by gpt-4-turbo: the model's server has no model gpt-4-turbo" in said.err
    upstream.reset()
    said = mfo("doctor", OPENAI_MODEL="gpt-4-turbo")
    assert (said.code, "bad   notes by gpt-4-turbo, which the model's server does not list" in said.out) == (78, True)
    said = mfo("doctor", OPENAI_MODEL="gpt-5-mini", MFO_NOW="2026-12-01T00:00:00Z")
    assert "note  notes by gpt-5-mini, which is shut down on 2026-12-11" in said.out
    assert asked(upstream) == ["/openai/v1/models"] * 2
    assert mfo("analyze", "--no-llm", "--force").code == 0
