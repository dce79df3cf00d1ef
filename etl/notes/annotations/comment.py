"""comment: what an analyst says of a note, kept beside it for good; `refine` takes it up."""

from datetime import date, datetime
from typing import TYPE_CHECKING

from etl.domain import Outcome
from etl.errors import UsageWrong
from etl.notes.documents import annotations, note

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_LONGEST = 4000
_NOTED = """
    select string_agg(cast(for_date as varchar), ', ' order by for_date desc) as dates
    from (select for_date from marts.daily_recommendations where scope = ? order by for_date desc limit 3)
"""


def run(
    con: "DuckDBPyConnection", *, for_date: date, scope: str, author: str, text: str, keep: note.Keep, now: datetime
) -> Outcome:
    """
    Keep a comment on the note of a date, and add it to `lake.comments`.

    The caller rebuilds what stands downstream of `lake.comments`.

    Raises:
        UsageWrong: the comment is empty or longer than 4000 characters, or there is no note of that date and scope.
    """
    words = text.strip()
    if not 0 < len(words) <= _LONGEST:
        raise UsageWrong(f"comment: {len(words)} characters; allowed: 1 to {_LONGEST}")
    query = note.query_on(con)
    found = query(
        "select count(*) as n from marts.daily_recommendations where for_date = ? and scope = ?", (for_date, scope)
    )
    if not found[0]["n"]:
        dates = query(_NOTED, (scope,))[0]["dates"] or "no date"
        raise UsageWrong(f"comment: there is no note of {for_date} for {scope}; the last ones are of {dates}")
    document = annotations.comment(for_date=for_date, scope=scope, author=author, text=words, now=now)
    answer = keep("comment", f"{scope}@{for_date}", note.body_of(document))
    annotations.insert(con, "comments", [annotations.comment_row(answer)])
    line = f"comment of {author} on the note of {for_date} kept; `mfo refine {for_date}` takes it up"
    return Outcome(line, details={"comment_id": document["comment_id"]})
