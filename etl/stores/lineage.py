"""
Lineage: from a figure of a mart to the answers in the lake that it rests on, and from an answer to what rests on it.

`explained` takes the words of `mfo query --explain-source`, such as "daily_metrics SPY 2025-10-31 rsi14": a relation,
what names its row, and a column; without the column the whole row is meant. `unproven` is for `mfo maintain`.
"""

import re
import shlex
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from etl.errors import UsageWrong
from etl.indicators import indicator_columns
from etl.settings import parse_instant
from etl.stores import models
from etl.stores.traces import TRACES, Rows

if TYPE_CHECKING:
    import duckdb

LISTED = 120  # more rows than that are shown by answer: how many, the first and the last
NAMES = (
    *("what", "subject", "rows", "first_at", "last_at", "value"),
    *("source", "sequence", "fetched_at", "sha256", "body"),
)
# kind of Rows -> the rows of one subject between two places, as they were read from their answer
FROM_LAKE = {
    "bar": "select 'bar', symbol, cast(trade_date as timestamp), close, source, sequence, fetched_at, sha256 "
    "from aggregates.bars_chosen where interval = '1d' and symbol = ? and trade_date between ? and ?",
    "minute": "select interval || ' bar', symbol, opened_at, close, source, sequence, fetched_at, sha256 "
    "from aggregates.bars_chosen where interval in ('1m', '1h') and symbol = ? and opened_at >= ? and opened_at < ? "
    "qualify interval = '1m' or count(*) filter (interval = '1m') "
    "over (partition by date_trunc('hour', opened_at)) < 60",
    # what is left of minutes that retention took out of the warehouse: which of them came in which answer
    "cut minute": "select '1m bar', symbol, minute_at, null, source, sequence, came_at, sha256 from ("
    "select stretches.symbol, sequence, came_at, source, sha256, "
    "timestamp '1970-01-01' + to_seconds(60 * unnest(range(from_slot, until_slot))) as minute_at "
    "from lake.stretches as stretches left join lake.answers as answers using (sequence)) "
    "where symbol = ? and minute_at >= ? and minute_at < ?",
    "split": "select 'split', symbol, cast(ex_date as timestamp), value, source, sequence, fetched_at, sha256 "
    "from staging.actions where kind = 'split' and symbol = ? and ex_date between ? and ?",
    "dividend": "select 'dividend', symbol, cast(ex_date as timestamp), value, source, sequence, fetched_at, sha256 "
    "from staging.actions where kind = 'dividend' and symbol = ? and ex_date between ? and ?",
    "observation": "select 'observation', series_id, cast(date as timestamp), value, source, sequence, fetched_at, "
    "sha256 from staging.observations where series_id = ? and date between ? and ?",
    "book": "select 'order book', symbol, taken_at, null, source, sequence, fetched_at, sha256 "
    "from staging.book_levels where symbol = ? and level = 1 and side = 'bid' and ? is null and ? is null",
}
# relations of the lake whose rows came from answers: what a row is of, and its place in time
CUT = "(select s.symbol, opened_at, sequence, sha256 from lake.stretches as s join lake.answers using (sequence))"
SUBJECTS = (
    ("bars", "symbol || ' ' || interval", "opened_at"),
    ("stretches", "symbol || ' hours of 1m'", "opened_at"),
    ("observations", "series_id", "date"),
    ("actions", "symbol || ' ' || kind", "ex_date"),
    ("book_levels", "symbol", "taken_at"),
    ("quotes", "symbol", "quoted_at"),
    ("series", "series_id", "fetched_at"),
    ("notes", "note_id", "for_date"),
    ("settlements", "note_id", "settled_at"),
    ("publications", "run_id", "as_of"),
)
COLUMNS = 'what, subject, "at", value, source, sequence, fetched_at, sha256'


@dataclass(frozen=True, slots=True)
class Explained:
    """What a figure rests on: `rows` under the column names NAMES, `lines` say it in words."""

    rows: list[tuple[Any, ...]]
    lines: tuple[str, ...]


def explained(con: "duckdb.DuckDBPyConnection", words: str, sql_root: Path) -> Explained:
    """
    The answers that a figure rests on, row by row, or by answer where there are many.

    Raises:
        UsageWrong: the words name no figure; says what is allowed.
    """
    relation, *rest = _split(words)
    relation = relation.removeprefix("marts.")
    columns = _columns(con, relation)
    own = {"sequence", "sha256"} <= columns.keys()
    if relation not in TRACES and not own:
        return Explained([], _without_trace(relation, sql_root))
    grain = TRACES[relation][0] if relation in TRACES else _grain(relation, sql_root)
    keys, column = _keys(con, relation, grain, columns, rest)
    row = _row(con, relation, keys)
    figure = " ".join([relation, *(f"{value}" for value in keys.values()), *([column] if column else [])])
    if relation not in TRACES:
        said = (relation, figure, 1, row.get("known_at"), row.get("known_at"), None)
        given = (row.get("source") or "mfo", row["sequence"], row.get("known_at"), row["sha256"])
        return Explained([(*said, *given, _body(*given[::3]))], (f"{figure}: read from one answer", _defined(relation)))
    _, sql, trace = TRACES[relation]
    found = trace(con, row, column)
    rows = _rows(con, found)
    of = f" = {row[column]}" if column else ""
    counted = f"{figure}{of}: rests on {_counted(rows)}, of {_plural(len({r[7:10] for r in rows}), 'answer')}"
    return Explained(rows, (counted, _defined(relation, _indicator(sql_root, relation, column) or sql)))


def unproven(con: "duckdb.DuckDBPyConnection", proven: Collection[int]) -> list[str]:
    """What of the published lake rests on answers that are not among the proven sequences, a line for each answer."""
    found: dict[tuple[int, str], list[str]] = {}
    for relation, subject, place in SUBJECTS:
        rows = CUT if relation == "stretches" else f"lake.{relation}"
        sql = (
            f"select sequence, sha256, {subject}, count(*), min({place})::varchar, max({place})::varchar "
            f"from {rows} where sequence is not null group by all order by all"
        )
        for sequence, sha256, name, count, first, last in con.execute(sql).fetchall():
            if sequence not in proven:
                what = f"{count} of lake.{relation}, {name} from {first} to {last}"
                found.setdefault((sequence, sha256), []).append(what)
    return [f"answer {seq} ({sha256}): {'; '.join(whats)}" for (seq, sha256), whats in sorted(found.items())]


def _split(words: str) -> list[str]:
    try:
        found = shlex.split(words)
    except ValueError:
        found = []
    if not found:
        raise UsageWrong('--explain-source: name a figure, such as "daily_metrics SPY 2025-10-31 rsi14"')
    return found


def _columns(con: "duckdb.DuckDBPyConnection", relation: str) -> dict[str, str]:
    rows = con.execute(
        "select table_name, column_name, data_type from duckdb_columns() "
        "where schema_name = 'marts' and database_name = current_database() order by all"
    ).fetchall()
    known = sorted({row[0] for row in rows})
    if relation not in known:
        raise UsageWrong(f"--explain-source: no relation {relation!r}; allowed: {', '.join(known)}")
    return {column: kind for table, column, kind in rows if table == relation}


def _grain(relation: str, sql_root: Path) -> tuple[str, ...]:
    return next(model.grain for model in models.load_models(sql_root) if model.name == f"marts.{relation}")


def _keys(
    con: "duckdb.DuckDBPyConnection", relation: str, grain: Sequence[str], columns: dict[str, str], words: list[str]
) -> tuple[dict[str, Any], str | None]:
    """The row's keys with their values, and the column; a date may come before the name that it belongs to."""
    named = list(grain)
    if len(words) > 1 and len(grain) > 1 and _is_date(words[0]) and columns[grain[0]] == "VARCHAR":
        named[0], named[1] = named[1], named[0]
    column = words[len(named)] if len(words) > len(named) else None
    if not len(named) <= len(words) <= len(named) + 1 or (column and column not in columns):
        example = _example(con, relation, grain)
        raise UsageWrong(
            f"--explain-source: {relation} takes {' '.join(grain)} and then a column, such as {example}; "
            f"its columns: {', '.join(sorted(columns))}"
        )
    values = {name: _value(word, columns[name]) for name, word in zip(named, words, strict=False)}
    return {name: values[name] for name in grain}, column


def _is_date(word: str) -> bool:
    return re.fullmatch(r"\d{4}-\d\d-\d\d.*", word) is not None


def _value(word: str, kind: str) -> Any:
    if kind == "TIMESTAMP":
        return parse_instant(word, "--explain-source").astimezone(UTC).replace(tzinfo=None)
    try:
        return date.fromisoformat(word) if kind == "DATE" else int(word) if "INT" in kind else word
    except ValueError:
        raise UsageWrong(f"--explain-source: {word!r} is no {'date' if kind == 'DATE' else 'number'}") from None


def _row(con: "duckdb.DuckDBPyConnection", relation: str, keys: dict[str, Any]) -> dict[str, Any]:
    same = " and ".join(f'"{name}" = ?' for name in keys)
    cursor = con.execute(f"select * from marts.{relation} where {same} limit 1", list(keys.values()))
    names, row = [column[0] for column in cursor.description or ()], cursor.fetchone()
    if row is None:
        said = ", ".join(f"{name} {value}" for name, value in keys.items())
        example = _example(con, relation, list(keys), next(iter(keys.values())))
        raise UsageWrong(f"--explain-source: {relation} has no row of {said}; it has for example {example}")
    return dict(zip(names, row, strict=True))


def _example(con: "duckdb.DuckDBPyConnection", relation: str, grain: Sequence[str], like: Any = None) -> str:
    """The words of the newest row, of the same subject where it has one."""
    keys = ", ".join(f'"{name}"' for name in grain)
    order = (
        f'("{grain[0]}" is not distinct from ?) desc, {", ".join(f"{chr(34)}{name}{chr(34)} desc" for name in grain)}'
    )
    newest = con.execute(f"select {keys} from marts.{relation} order by {order} limit 1", [like]).fetchone()
    texts = [f"{v.isoformat()}Z" if isinstance(v, datetime) else str(v) for v in newest or ()]
    return f'"{" ".join([relation, *map(shlex.quote, texts)])}"' if newest else "none: it is empty"


def _rows(con: "duckdb.DuckDBPyConnection", found: Iterable[Rows]) -> list[tuple[Any, ...]]:
    cut = {replace(part, kind="cut minute") for part in found if part.kind == "minute"}
    parts = sorted({*found, *cut}, key=repr)
    if not parts:
        return []
    union = " union ".join(f"({FROM_LAKE[part.kind]})" for part in parts)
    values = [value for part in parts for value in (part.subject, part.first, part.last)]
    together = f"with rows_of_the_lake({COLUMNS}) as ({union}) "
    (count,) = con.execute(f"{together} select count(*) from rows_of_the_lake", values).fetchall()[0]
    each = ', "at"' if count <= LISTED else ""
    rows = con.execute(
        f'{together} select what, subject, count(*), min("at"), max("at"), case when count(*) = 1 then max(value) end, '
        f"source, sequence, fetched_at, sha256 from rows_of_the_lake "
        f"group by what, subject, source, sequence, fetched_at, sha256{each} order by 1, 2, 4, 8",
        values,
    ).fetchall()
    return [(*row, _body(row[6], row[9])) for row in rows]


def _body(source: str, sha256: str) -> str:
    return f"lake/{source}/bodies/{sha256[:2]}/{sha256}"


def _counted(rows: list[tuple[Any, ...]]) -> str:
    """12 bars (2025-10-16 to 2025-10-31) and 1 dividend."""
    said = []
    for what in sorted({row[0] for row in rows}):
        of = [row for row in rows if row[0] == what]
        count, first, last = sum(row[2] for row in of), min(row[3] for row in of), max(row[4] for row in of)
        said.append(f"{_plural(count, what)} ({first:%Y-%m-%d} to {last:%Y-%m-%d})")
    return " and ".join(said) or "nothing: the figure is empty"


def _plural(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def _indicator(sql_root: Path, relation: str, column: str | None) -> str | None:
    """The file of sql/indicators that makes a column."""
    made = indicator_columns(sql_root) if relation.endswith("_metrics") else ()
    return next((f"indicators/{one.path.stem}" for one in made if one.name == column), None)


def _defined(relation: str, upstream: str | None = None) -> str:
    files = [f"sql/{upstream}.sql"] if upstream and upstream != f"marts/{relation}" else []
    return f"defined in {', '.join([*files, f'sql/marts/{relation}.sql'])}"


def _without_trace(relation: str, sql_root: Path) -> tuple[str, ...]:
    """What of the lake a relation is made of, by the SQL itself."""
    known = {model.name: model for model in models.load_models(sql_root)}
    waiting, lake = [f"marts.{relation}"], set[str]()
    while waiting:
        reads = known[waiting.pop()].reads
        lake |= {name for name in reads if name.startswith("lake.")}
        waiting += [name for name in reads if name in known]
    return (
        f"{relation}: its figures are counts and states without a trace to single answers; "
        f"all of it rests on {', '.join(sorted(lake))}",
        _defined(relation),
    )
