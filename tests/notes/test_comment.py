"""Comments: kept as documents, seen as of an instant, built again from the lake."""

from datetime import UTC, date, datetime
from typing import Any

import duckdb
import pytest

from etl.errors import UsageWrong
from etl.notes.annotations import comment
from etl.notes.documents import annotations
from tests.notes.made_warehouse import DAY, NOW, Keeper, a_day, build, publish, rows
from tests.notes.test_analyze import analysed


def noted() -> duckdb.DuckDBPyConnection:
    """A day with the rules' note."""
    con = a_day()
    analysed(con, None)
    return con


def commented(con: duckdb.DuckDBPyConnection, text: str, keeper: Keeper | None = None, **more: Any) -> Any:
    """Say something of the day's note."""
    said = {"for_date": DAY, "scope": "portfolio", "author": "ana", "now": NOW} | more
    outcome = comment.run(con, text=text, keep=keeper or Keeper(), **said)
    build(con)
    return outcome


def test_a_comment_stands_beside_its_note_with_its_author() -> None:
    """And is in no view of an instant before it."""
    con = noted()
    commented(con, "  What of gold?\n")
    (row,) = rows(con, "select author, text, for_date, scope from marts.user_comments")
    assert row == {"author": "ana", "text": "What of gold?", "for_date": DAY, "scope": "portfolio"}
    publish(con, datetime(2025, 11, 1, 3, 42, tzinfo=UTC))
    build(con)
    assert rows(con, "select * from marts.user_comments") == []


def test_a_kept_comment_gives_the_same_row_when_the_lake_is_read_again() -> None:
    """The document is the truth."""
    con, keeper = noted(), Keeper()
    commented(con, "What of gold?", keeper)
    (kept,) = keeper.answers
    inserted = con.execute("select * from lake.comments").fetchall()
    con.execute("delete from lake.comments")
    annotations.insert(con, "comments", [annotations.comment_row(kept)])
    assert con.execute("select * from lake.comments").fetchall() == inserted


@pytest.mark.parametrize(
    ("text", "more", "why"),
    [
        ("  ", {}, "0 characters"),
        ("x" * 4001, {}, "4001 characters"),
        ("Fine.", {"for_date": date(2025, 10, 30)}, "the last ones are of 2025-10-31"),
        ("Fine.", {"scope": "core"}, "no date"),
    ],
)
def test_a_comment_on_nothing_or_of_nothing_is_refused(text: str, more: dict[str, Any], why: str) -> None:
    """One line that says what is allowed, or which notes there are; nothing is kept."""
    con = noted()
    with pytest.raises(UsageWrong, match=why):
        commented(con, text, **more)
    assert rows(con, "select * from lake.comments") == []
