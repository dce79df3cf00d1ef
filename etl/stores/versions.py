"""
Versions: rows of Parquet become rows of the lake where a value is new, or another one than it was before.

To find that out a row is put beside all of its key, which takes time and memory. Bars come in millions, nearly all of
them in answers that have their span to themselves: those are added as they are.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb

# relation -> (what names a row, what makes it a new version when it changes); other relations only ever gain rows
VERSIONED: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "bars": (
        ("symbol", "interval", "opened_at", "source"),
        ("open", "high", "low", "close", "adj_close", "volume", "quote_volume", "trades", "taker_buy_volume")
        + ("taker_buy_quote_volume", "adjustment", "is_final"),
    ),
    "observations": (("series_id", "date", "source", "vintage_date"), ("value",)),
    "actions": (("symbol", "ex_date", "kind", "source"), ("value",)),
    "series": (("series_id", "source"), ("title", "units", "frequency", "seasonal_adjustment", "last_updated")),
}

# The answers whose bars lie among those of another one, in another file or in the lake, by the span of each.
ANSWERS_THAT_MEET = """
    with spans as (
        select symbol, interval, source, sequence, filename, min(opened_at) as first, max(opened_at) as last
        from read_parquet(?, filename = true) group by all
        union all
        select symbol, interval, source, sequence, null, min(opened_at), max(opened_at) from lake.bars group by all
    ),
    in_order as (
        select sequence, first, last, lead(first) over spans_of_one as next_first,
            max(last) over (spans_of_one rows between unbounded preceding and 1 preceding) as last_before
        from spans window spans_of_one as (partition by symbol, interval, source order by first, last)
    )
    select distinct sequence from in_order where last_before >= first or next_first <= last
"""


def add(con: "duckdb.DuckDBPyConnection", relation: str, paths: Sequence[str]) -> None:
    """Add the rows of Parquet files to a versioned relation of the lake."""
    if relation != "bars":
        con.execute(_insert(relation), [paths])
        return
    meeting = [sequence for (sequence,) in con.execute(ANSWERS_THAT_MEET, [paths]).fetchall()]
    chosen = "where sequence {} (select unnest(cast(? as bigint[])))"
    con.execute(
        f"insert into lake.bars by name select * from read_parquet(?) {chosen.format('not in')}", [paths, meeting]
    )
    if meeting:
        con.execute(_insert("bars", chosen.format("in")), [paths, meeting])


def _insert(relation: str, chosen: str = "") -> str:
    """The statement that adds what is new or changed: each arrived row beside the version before it."""
    keys, values = VERSIONED[relation]
    key, value = ", ".join(keys), ", ".join(values)
    return f"""
        insert into lake.{relation} by name
        with arrived as (
            select true as is_new, * from read_parquet(?) {chosen}
        ),
        present as (
            select false as is_new, present.* from lake.{relation} as present
            semi join (select distinct {key} from arrived) as touched
            on {" and ".join(f"present.{name} is not distinct from touched.{name}" for name in keys)}
        ),
        in_order as (
            select *,
                row({value}) as said,
                lag(row({value})) over (partition by {key} order by fetched_at, is_new, sequence) as said_before,
                row_number() over (partition by {key} order by fetched_at, is_new, sequence) as position
            from (select * from arrived union all by name select * from present)
        )
        select * exclude (is_new, said, said_before, position) from in_order
        where is_new and (position = 1 or said is distinct from said_before)
        order by {key}, fetched_at, sequence
    """
