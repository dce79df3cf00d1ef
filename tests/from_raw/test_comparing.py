"""The comparison itself: it must see what it is there to see."""

import math
from typing import Any

import pandas as pd
import pytest

from tests.from_raw.comparing import differences, plain

FIGURE = 733.6912345678
DOCUMENT = {"rows": [{"close": FIGURE, "name": "SPY", "count": 3, "none": None}]}


@pytest.mark.parametrize(
    ("field", "other"),
    [("close", 733.6912368), ("close", None), ("name", "QQQ"), ("count", 4), ("none", 0.0), ("count", True)],
)
def test_a_figure_that_differs_is_named_with_its_file_and_place(field: str, other: Any) -> None:
    """Also one that is off by 3e-9 of itself, that is null, or that is another kind of thing."""
    (found,) = differences({"rows": [{**DOCUMENT["rows"][0], field: other}]}, DOCUMENT, "data/made-up.json")
    assert found.startswith(f"data/made-up.json.rows[0].{field}: published {other!r}, recomputed ")


def test_a_figure_rounded_to_ten_digits_is_the_same() -> None:
    """Rounding to ten significant digits is at most half a unit of the tenth."""
    rounded = {"rows": [{**DOCUMENT["rows"][0], "close": float(f"{FIGURE:.10g}")}]}
    assert list(differences(rounded, DOCUMENT, "data/made-up.json")) == []


def test_a_row_or_key_of_one_side_only_is_a_difference() -> None:
    """More or fewer rows, more or fewer keys: each is said once."""
    (longer,) = differences([1.0, 2.0], [1.0], "a")
    assert longer == "a: 2 published, 1 recomputed"
    (keys,) = differences({"x": 1.0}, {"x": 1.0, "y": 2.0}, "a")
    assert keys == "a: keys ['y'] stand on one side only"


def test_what_is_not_known_is_null_and_instants_are_utc() -> None:
    """NaN becomes null, an instant ISO text with a Z, as product.md has them."""
    at = pd.Timestamp("2026-11-19T11:30:00")
    assert plain({"a": math.nan, "b": [at], "c": True}) == {"a": None, "b": ["2026-11-19T11:30:00Z"], "c": True}
