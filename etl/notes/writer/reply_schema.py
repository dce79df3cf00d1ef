"""
The model's reply: the JSON Schema that it is asked for, and the reading of what came.

Prose or a code fence around the JSON is forgiven, another shape is not: what is missing is never filled in.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import cast

import jsonschema

from etl.errors import ResponseUnreadable
from etl.notes.documents.scoring_rule import HORIZONS, STANCES, Stance
from etl.notes.writer.modes import DAILY, Mode
from etl.runtime.strict_json import read_json

ReplySchema = dict[str, object]
MOST_OBJECTS = 50  # a reply of nothing but brackets is not read to its end


@dataclass(frozen=True, slots=True)
class Call:
    """One recommendation; `facts` are the ids that it rests on, `confidence` its stated chance of being right."""

    title: str
    action: str
    symbol: str
    stance: Stance
    horizon: int
    confidence: float
    against: str
    facts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReplySection:
    """One part of a deep note, with the ids of the facts in it."""

    name: str
    text: str
    facts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Draft:
    """A note before it is verified: the model's or the rules'."""

    summary: str
    summary_facts: tuple[str, ...]
    calls: tuple[Call, ...] = ()
    sections: tuple[ReplySection, ...] = ()


def schema_for(symbols: Sequence[str], mode: Mode = DAILY) -> ReplySchema:
    """The JSON Schema of a reply whose calls name one of `symbols`; every field is required (`strict`)."""
    text = {"type": "string", "minLength": 1, "maxLength": 600}
    ids = {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 8}
    call: ReplySchema = {
        "title": {"type": "string", "minLength": 1, "maxLength": 120},
        "action": text,
        "symbol": {"type": "string", "enum": list(symbols)},
        "stance": {"type": "string", "enum": list(STANCES)},
        "horizon": {"type": "integer", "enum": list(HORIZONS)},
        "confidence": {"type": "number", "minimum": 0, "maximum": 1},
        "against": text,
        "facts": ids,
    }
    section: ReplySchema = {"name": {"type": "string", "enum": list(mode.sections)}, "text": text, "facts": ids}
    note: ReplySchema = {"summary": {"type": "string", "minLength": 1, "maxLength": 1200}, "summary_facts": ids}
    if mode.sections:
        note["sections"] = _exactly(len(mode.sections), section)
    if mode.calls:
        note["recommendations"] = _exactly(mode.calls, call)
    return _object(note)


def parse(content: str, schema: ReplySchema) -> Draft:
    """
    The draft in a reply.

    Raises:
        ResponseUnreadable: there is no JSON in it, or none that can be kept, or not of the asked-for shape; the message
            says which.
    """
    answer = content.rpartition("</think>")[2]  # what a model thinks before it may hold drafts
    content = answer if "{" in answer else content
    if not content.strip():
        raise ResponseUnreadable("the model's reply is empty")
    validator = jsonschema.Draft202012Validator(schema)
    wrong = ""
    for text in _objects(content):
        try:
            value = cast("dict[str, object]", read_json(text))
        except ValueError as error:
            wrong = wrong or f"the model's reply is broken: {error}"
            continue
        mistake = jsonschema.exceptions.best_match(validator.iter_errors(value))
        if mistake is None:
            return _draft(value)
        wrong = wrong or _told(mistake)
    if not wrong or _breaks_off(content):
        wrong = "the model's reply holds no JSON object" + (" that is whole" if "{" in content else "")
    raise ResponseUnreadable(wrong)


def _told(error: jsonschema.ValidationError) -> str:
    """What is not as it was asked for, in the schema's words: none of the reply's is repeated."""
    where = ".".join(str(part) for part in error.absolute_path)
    if error.validator == "required":
        names, held = cast("list[str]", error.validator_value), cast("dict[str, object]", error.instance)
        missing = ", ".join(name for name in names if name not in held)
        return f"the model's reply is not of the asked-for shape: it lacks {missing}" + (
            f" at {where}" if where else ""
        )
    place = f"at {where}" if where else "at its top: it holds more than was asked for"
    return f"the model's reply is not of the asked-for shape {place}"


def _breaks_off(content: str) -> bool:
    """Whether the outermost object is cut short: what is whole inside it is only a part."""
    try:
        json.JSONDecoder().raw_decode(content, content.find("{"))
    except (ValueError, RecursionError):
        return True
    return False


def _object(properties: ReplySchema) -> ReplySchema:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def _exactly(count: int, item: ReplySchema) -> ReplySchema:
    return {"type": "array", "items": _object(item), "minItems": count, "maxItems": count}


def _objects(content: str) -> Iterator[str]:
    """The JSON objects in a text, outermost first: one inside another that was found is not looked at again."""
    decoder, at = json.JSONDecoder(), content.find("{")
    for _ in range(MOST_OBJECTS):
        if at < 0:
            return
        try:
            _, end = decoder.raw_decode(content, at)
        except (ValueError, RecursionError):
            end = at + 1
        else:
            yield content[at:end]
        at = content.find("{", end)


def _draft(value: dict[str, object]) -> Draft:
    calls = cast("list[dict[str, object]]", value.get("recommendations", []))  # a mode without calls has none
    sections = cast("list[dict[str, object]]", value.get("sections", []))
    return Draft(
        summary=str(value["summary"]).strip(),
        summary_facts=_ids(value["summary_facts"]),
        calls=tuple(
            Call(
                title=str(call["title"]).strip(),
                action=str(call["action"]).strip(),
                symbol=str(call["symbol"]),
                stance=cast(Stance, call["stance"]),
                horizon=int(cast(int, call["horizon"])),
                confidence=float(cast(float, call["confidence"])),
                against=str(call["against"]).strip(),
                facts=_ids(call["facts"]),
            )
            for call in calls
        ),
        sections=tuple(ReplySection(str(s["name"]), str(s["text"]).strip(), _ids(s["facts"])) for s in sections),
    )


def _ids(value: object) -> tuple[str, ...]:
    return tuple(dict.fromkeys(str(each) for each in cast("list[object]", value)))
