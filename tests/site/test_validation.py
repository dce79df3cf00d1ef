"""The shortcut through long arrays: it must never let pass what jsonschema itself refuses."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from etl.errors import DataWrong
from etl.site.schema.record import DATE, array, check, items_are_valid, pair

PLAIN = st.one_of(
    st.none(), st.booleans(), st.integers(-3, 3), st.floats(-3, 3), st.sampled_from(["", "x", "2025-10-31", "10"])
)
LEAVES: list[dict[str, Any]] = [
    {"type": "number", "minimum": 0},
    {"type": ["number", "null"], "maximum": 1, "title": "A share"},
    {"type": ["integer", "null"], "minimum": -1},
    {"type": "string", "pattern": DATE},
    {"type": ["string", "null"], "enum": ["x", None]},
    {"type": ["boolean", "null"]},
    {"const": 1},
    {"type": "string", "minLength": 1},
    {"type": "array"},
]
LEAF = st.sampled_from(LEAVES)


def agrees(items: dict[str, Any], values: list[Any]) -> bool:
    """Whether the shortcut is silent or right."""
    return not items_are_valid(items, values) or Draft202012Validator(array(items, "Values")).is_valid(values)


@given(LEAF, st.lists(PLAIN, max_size=4))
def test_plain_values_that_pass_the_shortcut_pass_the_library(leaf: dict[str, Any], values: list[Any]) -> None:
    """For every keyword that shapes use, and for keywords that the shortcut does not know."""
    assert agrees(leaf, values)


@given(LEAF, LEAF, st.lists(st.dictionaries(st.sampled_from(["a", "b", "c"]), PLAIN), max_size=3))
def test_rows_that_pass_the_shortcut_pass_the_library(
    first: dict[str, Any], second: dict[str, Any], rows: list[dict[str, Any]]
) -> None:
    """Rows with keys too many, too few, and values of the wrong kind."""
    row = {
        "type": "object", "properties": {"a": first, "b": second}, "required": ["a", "b"],
        "additionalProperties": False,
    }  # fmt: skip
    assert agrees(row, rows)


@given(LEAF, LEAF, st.lists(st.lists(PLAIN, max_size=3), max_size=3))
def test_pairs_that_pass_the_shortcut_pass_the_library(
    first: dict[str, Any], second: dict[str, Any], pairs: list[list[Any]]
) -> None:
    """Arrays that are too short, too long, and of the wrong kinds."""
    assert agrees(pair(first, second, "Pair"), pairs)


def test_the_shortcut_is_taken_for_the_arrays_that_artifacts_hold() -> None:
    """Otherwise it would be right and useless: columns, rows and points are judged by it."""
    assert items_are_valid(LEAVES[1], [0.5, None, 1])
    assert items_are_valid(pair(LEAVES[3], LEAVES[0], "Point"), [["2025-10-31", 1.5]])
    row = {"type": "object", "properties": {"a": LEAVES[0]}, "required": ["a"], "additionalProperties": False}
    assert items_are_valid(row, [{"a": 0}, {"a": 2.5}])


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({"r": [0.1, 1.5]}, r"data/x.json does not fit its schema at \$.r\[1\]: 1.5 is greater than the maximum of 1"),
        ({"r": [0.1, "x"]}, r"at \$.r\[1\]: 'x' is not of type 'number', 'null'"),
        ({"r": {}}, r"at \$.r"),
        ({}, r"at \$: 'r' is a required property"),
    ],
)
def test_a_document_that_does_not_fit_is_refused_with_the_place(document: dict[str, Any], said: str) -> None:
    """The message names the file, the place and the reason, and that nothing was published."""
    schema = {"type": "object", "properties": {"r": array(LEAVES[1], "Shares")}, "required": ["r"]}
    with pytest.raises(DataWrong, match=said) as refused:
        check("data/x.json", document, schema)
    assert re.search("nothing was published", str(refused.value))
    check("data/x.json", {"r": [0.1, None]}, schema)
