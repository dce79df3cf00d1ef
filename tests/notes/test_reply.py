"""The reply: what is read out of it, and what is not."""

import json

import pytest

from etl.errors import ResponseUnreadable
from etl.notes.writer.reply_schema import parse, schema_for

SCHEMA = schema_for(["SPY", "EWJ"])
CALL = {
    "title": "t", "action": "a", "symbol": "SPY", "stance": "neutral", "horizon": 5, "confidence": 0.5, "against": "b",
    "facts": ["x", "x", "y"],
}  # fmt: skip
NOTE = {"summary": " s ", "summary_facts": ["x"], "recommendations": [CALL, CALL, CALL]}


def test_a_reply_of_the_shape_is_read() -> None:
    """Texts are stripped, ids are unique and in order."""
    draft = parse(json.dumps(NOTE), SCHEMA)
    assert draft.summary == "s"
    assert draft.calls[0].facts == ("x", "y")
    assert len(draft.calls) == 3


@pytest.mark.parametrize(
    "content",
    ["Here:\n```json\n{}\n```\nGood luck {{you}}!", '<think>{not json} {"a": 1}</think> {}', '{}\n{"another": 1}'],
)
def test_words_around_the_json_are_forgiven(content: str) -> None:
    """The first object of the shape counts; others are passed over."""
    text = content.replace("{}", json.dumps(NOTE))
    assert parse(text, SCHEMA).calls[0].symbol == "SPY"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "empty"),
        ("  \n", "empty"),
        ("I cannot.", "no JSON"),
        (json.dumps(NOTE)[:80], "no JSON"),
        (json.dumps(NOTE)[:-30], "no JSON object that is whole"),
        ('{"answer": 42}', "shape: it lacks summary, summary_facts, recommendations"),
        (json.dumps(NOTE | {"recommendations": [CALL]}), "shape at recommendations"),
        (json.dumps(NOTE | {"recommendations": [CALL, CALL, CALL | {"symbol": "BIL"}]}), "recommendations.2.symbol"),
        (json.dumps(NOTE | {"recommendations": [CALL, CALL, CALL | {"confidence": 1.5}]}), "confidence"),
        (json.dumps(NOTE | {"recommendations": [CALL, CALL, CALL | {"horizon": 10}]}), "horizon"),
        (json.dumps(NOTE | {"recommendations": [CALL, CALL, CALL | {"stance": "buy"}]}), "stance"),
        (json.dumps(NOTE | {"extra": 1}), "holds more than was asked for"),
        (json.dumps(NOTE | {"recommendations": [CALL, CALL, CALL | {"confidence": float("nan")}]}), "not finite"),
        (json.dumps(NOTE | {"summary": "a \ud83d b"}), "lone surrogate"),
        (json.dumps(NOTE | {"summary": "a \ud83d b"}, ensure_ascii=False), "lone surrogate"),
        (json.dumps(NOTE)[:-1] + ', "summary": "again"}', "same key twice"),
        ("[" * 100_000, "no JSON"),
        ('{"a":' * 50_000, "no JSON"),
    ],
)
def test_another_shape_is_unreadable_with_the_place_named(content: str, reason: str) -> None:
    """Nothing that is missing is filled in."""
    with pytest.raises(ResponseUnreadable, match=reason):
        parse(content, SCHEMA)


def test_a_draft_among_the_thoughts_is_not_taken_for_the_reply() -> None:
    """What stands after the last of them is; a reply that is all thoughts is read as it is."""
    draft, answer = json.dumps(NOTE | {"summary": "draft"}), json.dumps(NOTE)
    assert parse(f"<think>{draft} Let me reconsider.</think>\n{answer}", SCHEMA).summary == "s"
    assert parse(f"<think>a</think><think>{draft}</think>{answer}", SCHEMA).summary == "s"
    assert parse(f"{answer}</think>", SCHEMA).summary == "s"


def test_a_note_inside_a_broken_object_is_not_taken_for_the_reply() -> None:
    """What is broken outside is not read inside; a whole object beside it is."""
    broken = json.dumps({"confidence": float("nan"), "note": NOTE})
    with pytest.raises(ResponseUnreadable, match="not finite"):
        parse(broken, SCHEMA)
    assert parse(f"{broken}\n{json.dumps(NOTE)}", SCHEMA).summary == "s"


def test_every_field_is_required_and_nothing_else_is_allowed() -> None:
    """As OpenAI's strict mode demands."""
    for level in (SCHEMA, SCHEMA["properties"]["recommendations"]["items"]):  # type: ignore[index]  # an object schema
        assert set(level["required"]) == set(level["properties"])
        assert level["additionalProperties"] is False
