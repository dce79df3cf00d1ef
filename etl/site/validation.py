"""
Artifacts against their JSON Schemas, with jsonschema; long arrays of plain values are judged column by column.

jsonschema looks at each value by itself, which takes seconds for the 300,000 values of a site. The shortcut only ever
says "this array is surely valid", for items of the few keywords that `etl.site.shape` writes; whatever it is not sure
of goes the library's own way, which also words the error.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, best_match
from jsonschema.protocols import Validator
from jsonschema.validators import extend

from etl.errors import DataWrong
from etl.site.shape import Schema

_TYPES: dict[str, set[type]] = {
    "string": {str}, "number": {int, float}, "integer": {int}, "boolean": {bool}, "null": {type(None)},
}  # fmt: skip
_KEYWORDS = {"title", "description", "x-unit", "type", "minimum", "maximum", "enum", "pattern"}
_ROW_KEYWORDS = {"title", "description", "type", "properties", "required", "additionalProperties"}
Judge = Callable[[Validator, Any, Any, Schema], Iterator[ValidationError]]
_own_way: Judge = Draft202012Validator.VALIDATORS["items"]


def values_are_valid(schema: Schema, values: Sequence[Any]) -> bool:
    """Whether all plain values surely satisfy a schema; False also where it uses other keywords."""
    if not set(schema) <= _KEYWORDS or "type" not in schema:
        return False
    names = [schema["type"]] if isinstance(schema["type"], str) else schema["type"]
    allowed: set[type] = set().union(*(_TYPES.get(name, set()) for name in names))
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


def items_are_valid(schema: Schema, items: Sequence[Any]) -> bool:
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


def _items(validator: Validator, items: Any, instance: Any, schema: Schema) -> Iterator[ValidationError]:
    sure = isinstance(items, dict) and type(instance) is list and "prefixItems" not in schema
    if not (sure and items_are_valid(items, instance)):
        yield from _own_way(validator, items, instance, schema)


_Validator = extend(Draft202012Validator, {"items": _items})  # type: ignore[no-untyped-call]  # as in its stubs


def check(path: str, document: Any, schema: Schema) -> None:
    """
    Return where the document satisfies its schema.

    Raises:
        DataWrong: it does not; the message names the file, the place and the reason.
    """
    error = best_match(_Validator(schema).iter_errors(document))
    if error is not None:
        said = error.message if len(error.message) <= 200 else f"{error.message[:200]}..."
        raise DataWrong(f"{path} does not fit its schema at {error.json_path}: {said}; nothing was published")
