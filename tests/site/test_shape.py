"""Fields, records and queries: one description, from which SQL, rows and schemas follow."""

from decimal import Decimal

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from etl.site.schema.columns import COLUMN_MEANINGS, record
from etl.site.schema.record import ArtifactQuery, Field, Record, tidy, tidy_numbers


@given(st.floats(-1e300, 1e300))
def test_a_number_keeps_ten_significant_digits_and_no_more(value: float) -> None:
    """The rounded number is within half a unit of the tenth digit, and rounding it again changes nothing."""
    rounded = tidy(value)
    assert rounded == float(f"{value:.10g}")
    assert tidy(rounded) == rounded
    assert abs(rounded - value) <= abs(value) * 5.1e-10 or abs(value) < 1e-300


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf"), None])
def test_what_is_not_a_number_becomes_null(value: float | None) -> None:
    """NaN is no JSON; a missing value is null and never 0."""
    assert tidy(value) is None
    assert tidy_numbers([value]) == [None]


def test_minus_zero_is_written_as_zero() -> None:
    """-0.0 and 0.0 are the same value and must give the same bytes."""
    assert str(tidy(-0.0)) == "0.0"
    assert str(tidy_numbers([-0.0])[0]) == "0.0"


def test_tidy_reaches_into_documents() -> None:
    """A JSON column is rounded at every depth, and decimals become numbers."""
    found = tidy({"a": [1.23456789012345, {"b": float("nan")}], "c": Decimal("0.5"), "d": True, "e": 7})
    assert found == {"a": [1.23456789, {"b": None}], "c": 0.5, "d": True, "e": 7}


def test_what_json_cannot_hold_is_a_bug_and_not_a_string() -> None:
    """An unknown type is refused loudly rather than written as its repr."""
    with pytest.raises(TypeError, match="no place in an artifact"):
        tidy(object())


def test_a_query_reads_what_its_record_describes_whatever_the_names() -> None:
    """Reserved words are quoted; dates and instants come as ISO text, counts as whole numbers, groups in order."""
    made = Record(
        {
            "from": Field("date", "From"),
            "at": Field("instant", "At"),
            "window": Field("integer", "Sessions"),
            "value": Field("number", "Value"),
            "details": Field("json", "Details"),
        }
    )
    body = """
    from (
        select 'b' as symbol, date '2025-10-31' as "from", timestamp '2025-11-01 03:43:00.5' as "at",
            5.0::double as "window", 1 / 3 as value, '{"x": 1.00000000001}'::json as details
        union all select 'a', null, null, null, 'nan'::double, null
    )
    order by symbol desc
    """
    query = ArtifactQuery(made, body, by=record("symbol"))
    answer = query.read(duckdb.connect().execute(query.sql).fetchall())
    assert list(answer.groups) == [("b",), ("a",)]
    assert answer.of("b") == [
        {"from": "2025-10-31", "at": "2025-11-01T03:43:00Z", "window": 5, "value": 0.3333333333, "details": {"x": 1.0}}
    ]
    assert type(answer.of("b")[0]["window"]) is int
    assert answer.of("a") == [dict.fromkeys(made.fields)]
    assert answer.of("c") == []


def test_a_query_without_rows_has_no_first_row() -> None:
    """Zero rows are a normal answer."""
    query = ArtifactQuery(record("symbol"), "from (select 'x' as symbol) where false")
    answer = query.read(duckdb.connect().execute(query.sql).fetchall())
    assert answer.first() is None
    assert answer.of() == []


def test_a_row_must_have_exactly_the_fields_of_its_record() -> None:
    """The schema of a record refuses a row with a field too many, one too few, or out of bounds."""
    schema = record("symbol", "rsi14", "window").to_schema("A row")
    valid = Draft202012Validator(schema).is_valid
    assert valid({"symbol": "SPY", "rsi14": 100.0, "window": "1W"})
    assert valid({"symbol": "SPY", "rsi14": None, "window": "1W"})
    assert not valid({"symbol": "SPY", "rsi14": 100.1, "window": "1W"})
    assert not valid({"symbol": "SPY", "rsi14": 50.0, "window": "2W"})
    assert not valid({"symbol": None, "rsi14": 50.0, "window": "1W"})
    assert not valid({"symbol": "SPY", "rsi14": 50.0})
    assert not valid({"symbol": "SPY", "rsi14": 50.0, "window": "1W", "more": 1})


def test_every_number_of_the_glossary_has_a_unit() -> None:
    """A number without a unit cannot be read by anybody who did not write it."""
    without = [name for name, word in COLUMN_MEANINGS.items() if word.kind == "number" and not word.unit]
    assert without == []
