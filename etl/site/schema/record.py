"""
The shape of an artifact, said once: a Field is a column, a Record a row of named fields, a Query how to read rows.

From a Record follow the SQL select list, the tidied row and the JSON Schema, so that none of the three can differ.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, best_match
from jsonschema.protocols import Validator
from jsonschema.validators import extend

from etl.errors import DataWrong

JsonSchema = dict[str, Any]
JsonObject = dict[str, Any]
Kind = Literal["text", "number", "integer", "boolean", "date", "instant", "json"]

DIGITS = 10  # significant digits that an artifact keeps of a number
DATE = r"^\d{4}-\d{2}-\d{2}$"
INSTANT = r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$"
_TYPES = {"date": "string", "instant": "string", "text": "string"}
_SQL = {
    "date": "strftime({}, '%Y-%m-%d')",
    "instant": "strftime({}, '%Y-%m-%dT%H:%M:%SZ')",
    "json": "cast({} as varchar)",
    "text": "cast({} as varchar)",
}


@dataclass(frozen=True, slots=True)
class Field:
    """One column: what it is, in which unit, between which bounds; `schema` replaces what follows from the kind."""

    kind: Kind
    title: str
    unit: str = ""
    meaning: str = ""
    nullable: bool = True
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()
    schema: JsonSchema | None = None

    def to_schema(self) -> JsonSchema:
        """The field's JSON Schema."""
        says: JsonSchema = {"title": self.title}
        if self.unit:
            says["x-unit"] = self.unit
        if self.meaning:
            says["description"] = self.meaning
        if self.schema is not None:
            return {**self.schema, **says}
        name = _TYPES.get(self.kind, self.kind)
        says["type"] = [name, "null"] if self.nullable else name
        if self.kind in ("date", "instant"):
            says["pattern"] = DATE if self.kind == "date" else INSTANT
        bounds = {"minimum": self.minimum, "maximum": self.maximum}
        says.update({key: bound for key, bound in bounds.items() if bound is not None})
        if self.choices:
            says["enum"] = [*self.choices, None] if self.nullable else list(self.choices)
        return says

    def to_sql(self, name: str) -> str:
        """The column's place in a select list: dates and instants as ISO text, the rest as it is."""
        column = f'"{name}"'
        return f"{_SQL.get(self.kind, '{}').format(column)} as {column}"


def tidy(value: Any) -> Any:
    """A JSON value: floats to ten significant digits, NaN and infinities to None, minus zero to zero; deep."""
    kind = type(value)
    if kind is float:
        return float(f"{value:.{DIGITS}g}") + 0.0 if value - value == 0 else None
    if value is None or kind in (str, int, bool):
        return value
    if kind is Decimal:
        return tidy(float(value))
    if isinstance(value, Mapping):
        return {str(key): tidy(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [tidy(one) for one in value]
    if hasattr(value, "isoformat"):
        return value.isoformat()
    raise TypeError(f"{value!r} has no place in an artifact")


def parsed(value: Any) -> Any:
    """A JSON column as its document; None where it is NULL."""
    return None if value is None else tidy(json.loads(value))


def whole(value: Any) -> Any:
    """A count: an int also where SQL made a DOUBLE of it; a fraction stays, and the schema refuses it."""
    return int(value) if isinstance(value, float | Decimal) and value == int(value) else tidy(value)


def tidy_numbers(values: Iterable[Any]) -> list[Any]:
    """`tidy` for a whole column: without a call for each value, because a site has 300,000 of them."""
    return [
        float(f"{value:.{DIGITS}g}") + 0.0 if type(value) is float and value - value == 0 else tidy(value)
        for value in values
    ]


_TIDY: dict[Kind, Callable[[Iterable[Any]], list[Any]]] = {
    "number": tidy_numbers,
    "integer": lambda values: [whole(value) for value in values],
    "json": lambda values: [parsed(value) for value in values],
}


@dataclass(frozen=True, slots=True)
class Record:
    """A row of named fields, in the order of its select list."""

    fields: Mapping[str, Field]

    def __add__(self, other: "Record") -> "Record":
        return Record({**self.fields, **other.fields})

    def without(self, *names: str) -> "Record":
        """The same record, fewer fields."""
        return Record({name: one for name, one in self.fields.items() if name not in names})

    def to_schema(self, title: str, meaning: str = "") -> JsonSchema:
        """An object that has exactly these fields."""
        return obj(title, {name: one.to_schema() for name, one in self.fields.items()}, meaning)

    def to_columns(self, title: str, meaning: str = "") -> JsonSchema:
        """The same fields as arrays of equal length."""
        arrays = {name: array(one.to_schema(), one.title) for name, one in self.fields.items()}
        return obj(title, arrays, meaning)

    def take(self, row: JsonObject) -> JsonObject:
        """These fields of a row that may hold more; a field that the row lacks is None."""
        return {name: row.get(name) for name in self.fields}

    def columns(self, rows: list[JsonObject]) -> dict[str, list[Any]]:
        """The rows turned: one list for each field."""
        return {name: [row[name] for row in rows] for name in self.fields}

    def empty(self) -> JsonObject:
        """A row in which nothing is known."""
        return dict.fromkeys(self.fields)

    def read(self, tuples: Iterable[tuple[Any, ...]]) -> list[JsonObject]:
        """Tuples in the select list's order as tidied rows."""
        columns = list(zip(*tuples, strict=True))
        if not columns:
            return []
        tidied = [_TIDY.get(one.kind, list)(column) for one, column in zip(self.fields.values(), columns, strict=True)]
        names = tuple(self.fields)
        return [dict(zip(names, values, strict=True)) for values in zip(*tidied, strict=True)]


@dataclass(frozen=True, slots=True)
class ArtifactQuery:
    """`select <record> <body>`; with `by`, the rows come in groups, in the order in which the groups appear."""

    record: Record
    body: str
    by: Record = field(default_factory=lambda: Record({}))

    @property
    def sql(self) -> str:
        """The whole statement."""
        both = self.by + self.record
        return f"select {', '.join(one.to_sql(name) for name, one in both.fields.items())} {self.body}"

    def read(self, tuples: Iterable[tuple[Any, ...]]) -> "QueryResult":
        """The statement's rows, tidied and grouped."""
        rows = (self.by + self.record).read(tuples)
        groups: dict[tuple[Any, ...], list[JsonObject]] = {}
        for row in rows:
            key = tuple(row[name] for name in self.by.fields)
            groups.setdefault(key, []).append({name: row[name] for name in self.record.fields})
        return QueryResult(groups)


@dataclass(frozen=True, slots=True)
class QueryResult:
    """A query's rows by group; a query without groups has one, named ()."""

    groups: Mapping[tuple[Any, ...], list[JsonObject]]

    def of(self, *key: Any) -> list[JsonObject]:
        """The rows of one group; [] where there is none."""
        return self.groups.get(key, [])

    def first(self) -> JsonObject | None:
        """The first row of a query without groups; None where it has none."""
        rows = self.of()
        return rows[0] if rows else None


def obj(title: str, properties: Mapping[str, JsonSchema], meaning: str = "") -> JsonSchema:
    """An object that has exactly these properties."""
    says: JsonSchema = {"title": title, "type": "object", "additionalProperties": False}
    if meaning:
        says["description"] = meaning
    return {**says, "properties": dict(properties), "required": sorted(properties)}


def array(items: JsonSchema, title: str, meaning: str = "", most: int | None = None) -> JsonSchema:
    """An array of one kind of item, at most `most` long."""
    says: JsonSchema = {"title": title, "type": "array", "items": items}
    if meaning:
        says["description"] = meaning
    return says if most is None else {**says, "maxItems": most}


def pair(first: JsonSchema, second: JsonSchema, title: str) -> JsonSchema:
    """An array of exactly two."""
    return {
        "title": title, "type": "array", "prefixItems": [first, second], "items": False, "minItems": 2, "maxItems": 2,
    }  # fmt: skip


def or_null(schema: JsonSchema) -> JsonSchema:
    """The same object or array, or null."""
    return {**schema, "type": [schema["type"], "null"]}


_PYTHON_TYPES: dict[str, set[type]] = {
    "string": {str}, "number": {int, float}, "integer": {int}, "boolean": {bool}, "null": {type(None)},
}  # fmt: skip
_KEYWORDS = {"title", "description", "x-unit", "type", "minimum", "maximum", "enum", "pattern"}
_ROW_KEYWORDS = {"title", "description", "type", "properties", "required", "additionalProperties"}
Judge = Callable[[Validator, Any, Any, JsonSchema], Iterator[ValidationError]]
_own_way: Judge = Draft202012Validator.VALIDATORS["items"]


def values_are_valid(schema: JsonSchema, values: Sequence[Any]) -> bool:
    """Whether all plain values surely satisfy a schema; False also where it uses other keywords."""
    if not set(schema) <= _KEYWORDS or "type" not in schema:
        return False
    names = [schema["type"]] if isinstance(schema["type"], str) else schema["type"]
    allowed: set[type] = set().union(*(_PYTHON_TYPES.get(name, set()) for name in names))
    if not {type(value) for value in values} <= allowed:
        return False
    numbers = [value for value in values if type(value) in (int, float)]
    if numbers and min(numbers) < schema.get("minimum", min(numbers)):
        return False
    if numbers and max(numbers) > schema.get("maximum", max(numbers)):
        return False
    if "enum" in schema and not set(values) <= set(schema["enum"]):
        return False
    texts = {value for value in values if type(value) is str}
    return "pattern" not in schema or all(re.search(schema["pattern"], one) for one in texts)


def items_are_valid(schema: JsonSchema, items: Sequence[Any]) -> bool:
    """The same for arrays of plain values, of rows of plain values, and of pairs of plain values."""
    if not items:
        return True
    if "prefixItems" in schema:
        wanted = schema["prefixItems"]
        plain = set(schema) <= {"title", "type", "prefixItems", "items", "minItems", "maxItems"}
        if not plain or any(type(one) is not list or len(one) != len(wanted) for one in items):
            return False
        columns = zip(*items, strict=True)
        return all(values_are_valid(of, column) for of, column in zip(wanted, columns, strict=True))
    if schema.get("type") == "object":
        properties = schema.get("properties", {})
        exact = schema.get("additionalProperties") is False and set(schema.get("required", ())) == set(properties)
        if not exact or not set(schema) <= _ROW_KEYWORDS:
            return False
        if any(type(row) is not dict or row.keys() != properties.keys() for row in items):
            return False
        return all(values_are_valid(of, [row[name] for row in items]) for name, of in properties.items())
    return values_are_valid(schema, items)


def _items(validator: Validator, items: Any, instance: Any, schema: JsonSchema) -> Iterator[ValidationError]:
    sure = isinstance(items, dict) and type(instance) is list and "prefixItems" not in schema
    if not (sure and items_are_valid(items, instance)):
        yield from _own_way(validator, items, instance, schema)


_Validator = extend(Draft202012Validator, {"items": _items})  # type: ignore[no-untyped-call]  # as in its stubs


def check(path: str, document: Any, schema: JsonSchema) -> None:
    """
    Return where the document satisfies its schema.

    Raises:
        DataWrong: it does not; the message names the file, the place and the reason.
    """
    error = best_match(_Validator(schema).iter_errors(document))
    if error is not None:
        said = error.message if len(error.message) <= 200 else f"{error.message[:200]}..."
        raise DataWrong(f"{path} does not fit its schema at {error.json_path}: {said}; nothing was published")
