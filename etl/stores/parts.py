"""
Models over many bars, made in parts: statements over ranges of symbols, because no formula looks past its own series.

Bars are sorted part by part, so that a sort needs the memory of one. Formulas that look at bars further up
(sql/macros/windows.sql) need those of a series one behind the other: they get them as they lie, or sorted where they do
not lie so, and DuckDB works on such rows with one core, so that parts of them are made side by side.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from etl.stores.composing import replaced
from etl.stores.model_files import BAR_KEY, BARS, Model

if TYPE_CHECKING:
    import duckdb

MANY_BARS = 100_000  # of fewer, one core makes the metrics in less than half a second
MOST_BARS = 1_500_000  # a sort of so many needs some 250 MB
LIE = f"""
    select
        current_setting('threads'), count(*) > count(*) filter (bar = case when goes_on then up + 1 else 0 end)
    from (
        select bar, symbol = lag(symbol) over () and interval = lag(interval) over () as goes_on, lag(bar) over () as up
        from {BARS}
    )
"""


def sorted_by_key(con: "duckdb.DuckDBPyConnection", model: Model) -> list[str]:
    """The SELECT of the bars in the order of their key: statements to be run one after the other."""
    series = {name for name in model.reads if "symbol" in _columns(con, name) and "opened_at" in _columns(con, name)}
    parts = list(_ranges(con, series, MOST_BARS))
    texts = [{name: f"(from {name} where symbol {part})" for name in series} for part in parts] if parts[1:] else [{}]
    return [f"select * from (\n{replaced(model.sql, text)}\n) order by {', '.join(BAR_KEY)}" for text in texts]


def in_order(con: "duckdb.DuckDBPyConnection", model: Model) -> list[str]:
    """The SELECT of a model that needs its bars in order: statements to be run side by side."""
    ((threads, is_astray),) = con.execute(LIE).fetchall()
    order = " order by symbol, interval, bar" if is_astray else ""
    parts = list(_ranges(con, {BARS}, MANY_BARS, threads))
    if not parts[1:]:
        return [replaced(model.sql, {BARS: f"(from {BARS}{order})"})]
    return [replaced(model.sql, {BARS: f"(from {BARS} where symbol {part}{order})"}) for part in parts]


def _ranges(con: "duckdb.DuckDBPyConnection", names: set[str], size: int, most: int = 0) -> Iterator[str]:
    """Conditions on the symbol for parts of at least `size` rows, `most` of them or as many as there are."""
    rows = " union all ".join(f"select symbol from {name}" for name in sorted(names))
    counted = f"select symbol, count(*) from ({rows}) where symbol is not null group by symbol order by symbol"
    symbols = con.execute(counted).fetchall()
    size = max(size, -(-sum(bars for _, bars in symbols) // most) if most else 0)
    first, last, bars = "", "", 0
    for symbol, own in symbols:
        if bars >= size:
            yield f"between {first} and {last}"
            first, bars = "", 0
        last = "'" + symbol.replace("'", "''") + "'"
        first, bars = first or last, bars + own
    yield f">= {first}" if first else "is not null"


def _columns(con: "duckdb.DuckDBPyConnection", name: str) -> set[str]:
    return {row[0] for row in con.execute(f"describe {name}").fetchall()}
