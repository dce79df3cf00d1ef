"""Documents of before replies were read strictly: NaN is unknown, what cannot be read is left out and named."""

import json
from typing import Any

import pytest

from etl.domain import Request
from etl.notes.documents import note as records
from etl.notes.writer.note_document import text_of
from tests.notes.made_warehouse import Keeper, a_day, build, rows
from tests.notes.test_analyze import GOOD, Model, analysed, standing
from tests.notes.test_refine import refined
from tests.notes.test_score import note, scored, scores, world

NAN = float("nan")


def a_note() -> dict[str, Any]:
    """A kept note of a model."""
    con, keeper = a_day(), Keeper()
    analysed(con, Model([GOOD]), keeper)
    return keeper.documents("note")[0]


def with_confidence(document: dict[str, Any], confidence: float) -> dict[str, Any]:
    """The same note, one of whose calls states this."""
    first, *others = document["recommendations"]
    return {**document, "recommendations": [{**first, "confidence": confidence}, *others]}


def test_a_kept_note_with_nan_is_read_with_that_confidence_unknown(readings: Any) -> None:
    """The note and its other calls stay; nothing of its row holds NaN."""
    readings.keep(Request("mfo", "note", "x", "/note"), json.dumps(with_confidence(a_note(), NAN)).encode())
    assert readings.run().details == {"refused": 0}
    (row,) = readings.rows("notes")
    assert [call["confidence"] for call in json.loads(row["recommendations"])] == [None, 0.5, 0.5]
    assert "NaN" not in row["recommendations"] + row["document"]


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (lambda document: json.dumps({**document, "summary": "a \ud83d b"}), "lone surrogate"),
        (lambda document: json.dumps(document)[:-1] + ', "summary": "again"}', "same key twice"),
        (lambda document: json.dumps(document)[:-9], "not JSON"),
    ],
)
def test_a_kept_document_that_cannot_be_read_is_left_out_and_named(readings: Any, broken: Any, reason: str) -> None:
    """The other documents are read; the warehouse says which one is missing, and why."""
    document = a_note()
    readings.keep(Request("mfo", "note", "portfolio@2025-10-31", "/note"), broken(document).encode())
    readings.keep(Request("mfo", "note", "portfolio@2025-10-31", "/note"), json.dumps(document).encode())
    assert readings.run().notes == ("1 rows were refused; data_quality says why",)
    assert [row["sequence"] for row in readings.rows("notes")] == [2]
    (row,) = readings.rows("refused_rows")
    assert (row["source"], row["dataset"], row["symbol"], row["sequence"]) == ("mfo", "note", "portfolio@2025-10-31", 1)
    assert reason in row["reason"]


def test_rows_of_the_warehouse_with_nan_are_scored_shown_and_refined() -> None:
    """A published row may hold it: the call is settled, its confidence unknown, and the day goes on."""
    con = a_day()
    analysed(con, None)
    document = with_confidence(json.loads(rows(con, "select document from lake.notes")[0]["document"]), NAN)
    kept, calls = json.dumps(document), json.dumps(document["recommendations"])
    con.execute("update lake.notes set document = ?, recommendations = ?", [kept, calls])
    build(con)
    assert {row["confidence"] for row in rows(con, "select confidence from aggregates.scoring__recommendations")} > {
        None
    }
    assert "confidence unknown" in text_of([kept])
    refined(con, focus=("FXI",))
    assert "Asked about FXI" in standing(con)["summary"]
    assert None in [call["confidence"] for call in json.loads(standing(con)["recommendations"])]


def test_a_settlement_with_nan_keeps_its_outcome_and_has_no_confidence() -> None:
    """In a kept document, and in a row of the warehouse."""
    w, keeper = world(980), Keeper()
    note(w, ("FXI", "overweight", 5))
    scored(w, keeper)
    (settled,) = scores(w)
    w.con.execute("update lake.settlements set confidence = 'nan'")
    build(w.con)
    assert scores(w) == [settled | {"confidence": None}]
    (kept,) = keeper.documents("settlement")
    kept["calls"][0]["confidence"] = NAN
    (row,) = records.settlement_rows(Keeper()("settlement", "run-1", json.dumps(kept).encode()))
    assert (row["confidence"], row["is_hit"]) == (None, settled["is_hit"])
