"""
Lineage: from a figure of a mart to the answers in the lake that it rests on, and from an answer to what rests on it.

`explained` takes the words of `mfo query --explain-source`, such as "daily_metrics SPY 2025-10-31 rsi14": a relation,
what names its row, and a column; without the column the whole row is meant. `unproven` is for `mfo maintain`.
"""

import re
import shlex
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from etl.config.settings import data_folder, parse_instant
from etl.errors import UsageWrong
from etl.models import registry
from etl.models.indicator_columns import indicator_columns

if TYPE_CHECKING:
    import duckdb
if TYPE_CHECKING:
    import duckdb

_HOUR = timedelta(hours=1)
RETURNS_BEFORE = 60  # that a day's pressure is measured by, see sql/flows/daily.sql
STRENGTH_DATES = 60  # common dates of sql/flows/correlation_strength.sql
VIX_VALUES = 252

# the oldest and the newest bar that a column needs, counted back from its own; others need all from the first
_Window = tuple[int | None, int]
_OF_BARS: Mapping[str, _Window] = {
    "close": (0, 0),
    "return_pct": (1, 0),
    "total_return_pct": (1, 0),
    "log_return": (1, 0),
}
WITH_DIVIDENDS = frozenset({"total_return_pct", "log_return", "volatility20_pct"})
OWN_DAY = frozenset({"turnover_usd", "taker_imbalance"})  # of a day: no returns, no cash
# columns of market_internals, by what they are made of
OF_RETURNS = frozenset({"symbols", "advancers", "decliners", "unchanged", "breadth", "advance_decline_ratio"})
OF_VIX = frozenset({"vix", "vix_date", "vix_percentile", "volatility_regime"})


@cache
def windows() -> Mapping[str, _Window]:
    """The windows of the columns of `marts.daily_metrics`, those of indicators as their files say them."""
    return {**_OF_BARS, **{one.name: (one.oldest, one.newest) for one in indicator_columns(data_folder("sql"))}}


@dataclass(frozen=True, slots=True)
class BarRange:
    """Rows of one kind and subject, from and to (both included); `kind` is bar, minute, action, observation or book."""

    kind: str
    subject: str
    first: Any = None
    last: Any = None


Found = set[BarRange]
Keys = Mapping[str, Any]
Trace = Callable[["duckdb.DuckDBPyConnection", Keys, str | None], Found]


def _one(con: "duckdb.DuckDBPyConnection", sql: str, *values: Any) -> Any:
    row = con.execute(sql, list(values)).fetchone()
    return row[0] if row else None


def _all(con: "duckdb.DuckDBPyConnection", sql: str, *values: Any) -> list[tuple[Any, ...]]:
    return con.execute(sql, list(values)).fetchall()


def _days(con: "duckdb.DuckDBPyConnection", symbol: str, first: date, last: date, *, dividends: bool = True) -> Found:
    """Daily bars, the splits that they are adjusted for, and their dividends."""
    found = {BarRange("bar", symbol, first, last)}
    for (split,) in _all(con, "select ex_date from staging.actions where symbol = ? and kind = 'split'", symbol):
        found |= {BarRange("split", symbol, split, split)} if split > first else set()
    return found | ({BarRange("dividend", symbol, first + timedelta(days=1), last)} if dividends else set())


def _window(con: "duckdb.DuckDBPyConnection", symbol: str, interval: str, at: Any, window: _Window | None) -> list[Any]:
    """The places of the bars of a window that ends at a bar: trade dates of days, instants of hours."""
    place = "trade_date" if interval == "1d" else "opened_at"
    oldest, newest = window or (None, 0)
    limit = f"limit {oldest - newest + 1} offset {newest}" if oldest is not None else ""
    sql = (
        f"select {place} from aggregates.bars_final where symbol = ? and interval = ? and {place} <= ? "
        f"order by {place} desc {limit}"
    )
    return [row[0] for row in _all(con, sql, symbol, interval, at)]


def daily_prices(con: "duckdb.DuckDBPyConnection", keys: Keys, _: str | None) -> Found:
    """The bar, and the splits since."""
    return _days(con, keys["symbol"], keys["trade_date"], keys["trade_date"], dividends=False)


def daily_metrics(con: "duckdb.DuckDBPyConnection", keys: Keys, column: str | None) -> Found:
    """The bars of the column's window."""
    days = _window(con, keys["symbol"], "1d", keys["trade_date"], windows().get(column or ""))
    needs_dividends = column is None or column in WITH_DIVIDENDS or column == "known_at"
    return _days(con, keys["symbol"], days[-1], days[0], dividends=needs_dividends) if days else set()


def hourly_prices(_: "duckdb.DuckDBPyConnection", keys: Keys, __: str | None) -> Found:
    """The minutes of the hour."""
    return {BarRange("minute", keys["symbol"], keys["opened_at"], keys["opened_at"] + _HOUR)}


def hourly_metrics(con: "duckdb.DuckDBPyConnection", keys: Keys, column: str | None) -> Found:
    """The minutes of the hours of the column's window."""
    hours = _window(con, keys["symbol"], "1h", keys["opened_at"], windows().get(column or ""))
    return {BarRange("minute", keys["symbol"], hours[-1], hours[0] + _HOUR)} if hours else set()


def _pressures(con: "duckdb.DuckDBPyConnection", symbol: str, first: date, last: date) -> Found:
    """A stretch of days with their pressures: the returns that the first is measured by, of the symbol and of cash."""
    first_return = _one(
        con,
        "select min(trade_date) from (select trade_date from flows.excess_returns where symbol = ? and trade_date <= ? "
        f"and excess_log_return is not null order by trade_date desc limit {RETURNS_BEFORE + 1})",
        symbol,
        first,
    )
    begin = _before(con, symbol, first_return or first)
    found = _days(con, symbol, begin, last)
    cash = _one(con, "select symbol from staging.nodes where picture = 'asset' and node = 'Cash' and is_first")
    if cash and cash != symbol:
        found |= _days(con, cash, _before(con, cash, begin + timedelta(days=1)), last)
    return found


def _before(con: "duckdb.DuckDBPyConnection", symbol: str, day: date) -> date:
    """The date of the last bar before a day; the day itself where there is none."""
    sql = "select max(trade_date) from aggregates.bars_final where symbol = ? and interval = '1d' and trade_date < ?"
    return _one(con, sql, symbol, day) or day


def money_flow_daily(con: "duckdb.DuckDBPyConnection", keys: Keys, column: str | None) -> Found:
    """The day's bar; for its pressure also the returns before it and those of cash."""
    symbol, day = keys["symbol"], keys["trade_date"]
    return _days(con, symbol, day, day, dividends=False) if column in OWN_DAY else _pressures(con, symbol, day, day)


def _nodes(picture: str) -> Trace:
    def trace(con: "duckdb.DuckDBPyConnection", keys: Keys, column: str | None) -> Found:
        """A node's own days, with what their pressure is measured by."""
        found: Found = set()
        for node, symbol, first, last in _all(
            con,
            f'select node, symbol, first_day, anchor_date from marts.{picture}_nodes where "window" = ?',
            keys["window"],
        ):
            if node != keys.get("node", node):
                continue
            if column in OWN_DAY:
                found |= _days(con, symbol, first, last, dividends=False)
            elif column == "volatility_pct":
                found |= daily_metrics(con, {"symbol": symbol, "trade_date": last}, "volatility20_pct")
            elif column == "return_pct":
                found |= _days(con, symbol, _before(con, symbol, first), last)
            else:
                found |= _pressures(con, symbol, first, last)
        return found

    return trace


def correlations(con: "duckdb.DuckDBPyConnection", keys: Keys, _: str | None) -> Found:
    """The bars of both symbols from the common date before the first of the last n."""
    a, b = sorted((keys["symbol_a"], keys["symbol_b"]))
    common = _common(con, a, b, keys["anchor_date"], keys["days"])
    return set().union(*(_days(con, symbol, common[-1], common[0]) for symbol in {a, b})) if common else set()


def _common(con: "duckdb.DuckDBPyConnection", a: str, b: str, last: date, dates: int) -> list[date]:
    sql = (
        "select trade_date from aggregates.bars_final as one semi join (select trade_date from aggregates.bars_final "
        "where symbol = ? and interval = '1d') using (trade_date) where symbol = ? and interval = '1d' "
        f"and trade_date <= ? order by trade_date desc limit {dates + 1}"
    )
    return [row[0] for row in _all(con, sql, b, a, last)]


def market_internals(con: "duckdb.DuckDBPyConnection", keys: Keys, column: str | None) -> Found:
    """The equities' bars, as far back as the column needs; the VIX; the nodes' bars."""
    day, found = keys["trade_date"], set[BarRange]()
    equities = (
        "select symbol from staging.nodes where kind = 'equity' and (picture = 'region' or node = 'Stocks') union "
        "select symbol from lake.instruments where kind = 'equity' and is_watchlist"
    )
    for (symbol,) in _all(con, equities) if column not in OF_VIX | {"correlation_strength"} else ():
        if column in OF_RETURNS or column is None:
            found |= daily_metrics(con, {"symbol": symbol, "trade_date": day}, "return_pct")
        if column in ("momentum_score", "market_bias", None):
            found |= daily_metrics(con, {"symbol": symbol, "trade_date": day}, "ma30")
        if column in ("pressure_pct", "market_bias", "known_at", None):
            found |= _pressures(con, symbol, day, day)
    if column in OF_VIX or column in ("known_at", None):
        found |= _vix(con, day, 1 if column in ("vix", "vix_date") else VIX_VALUES)
    if column in ("correlation_strength", "known_at", None):
        symbols = [row[0] for row in _all(con, "select distinct symbol from staging.nodes where is_first order by 1")]
        for a in symbols:
            for b in symbols:
                common = _common(con, a, b, day, STRENGTH_DATES) if a < b else []
                found |= _days(con, a, common[-1], day) | _days(con, b, common[-1], day) if common else set()
    return found


def _vix(con: "duckdb.DuckDBPyConnection", day: date, values: int) -> Found:
    sql = (
        "select date from staging.observations where series_id = 'VIXCLS' and value is not null and date <= ? "
        f"order by date desc limit {values}"
    )
    dates = [row[0] for row in _all(con, sql, day)]
    return {BarRange("observation", "VIXCLS", dates[-1], dates[0])} if dates else set()


def macro_daily(_: "duckdb.DuckDBPyConnection", keys: Keys, __: str | None) -> Found:
    """The observation."""
    return {BarRange("observation", keys["series_id"], keys["date"], keys["date"])}


def net_liquidity(_: "duckdb.DuckDBPyConnection", keys: Keys, column: str | None) -> Found:
    """Its three parts."""
    parts = {
        "walcl_usd": BarRange("observation", "WALCL", keys["date"], keys["date"]),
        "treasury_usd": BarRange("observation", str(keys["treasury_series"]), keys["date"], keys["date"]),
        "rrpontsyd_usd": BarRange("observation", "RRPONTSYD", keys["rrpontsyd_date"], keys["rrpontsyd_date"]),
    }
    return {parts[column]} if column in parts else set(parts.values())


def order_book(_: "duckdb.DuckDBPyConnection", keys: Keys, __: str | None) -> Found:
    """The snapshot."""
    return {BarRange("book", keys["symbol"])}


def symbol_stats_24h(_: "duckdb.DuckDBPyConnection", keys: Keys, __: str | None) -> Found:
    """The minutes of the 24 hours."""
    return {BarRange("minute", keys["symbol"], keys["from_at"], keys["to_at"])}


# relation -> what names a row, the SQL that computes it, the trace
TRACES: Mapping[str, tuple[tuple[str, ...], str, Trace]] = {
    "daily_prices": (("symbol", "trade_date"), "aggregates/bars_daily", daily_prices),
    "daily_metrics": (("symbol", "trade_date"), "aggregates/bars_final", daily_metrics),
    "hourly_prices": (("symbol", "opened_at"), "aggregates/bars_hourly", hourly_prices),
    "hourly_metrics": (("symbol", "opened_at"), "aggregates/bars_final", hourly_metrics),
    "money_flow_daily": (("symbol", "trade_date"), "flows/daily", money_flow_daily),
    "region_nodes": (("window", "node"), "flows/nodes", _nodes("region")),
    "asset_nodes": (("window", "node"), "flows/nodes", _nodes("asset")),
    "correlations": (("symbol_a", "symbol_b", "days"), "flows/correlations", correlations),
    "market_internals": (("trade_date",), "flows/internals", market_internals),
    "macro_daily": (("series_id", "date"), "staging/observations", macro_daily),
    "net_liquidity": (("date",), "marts/net_liquidity", net_liquidity),
    "order_book": (("symbol",), "staging/book_levels", order_book),
    "order_book_summary": (("symbol",), "marts/order_book_summary", order_book),
    "symbol_stats_24h": (("symbol",), "marts/symbol_stats_24h", symbol_stats_24h),
}


_LISTED = 120  # more rows than that are shown by answer: how many, the first and the last
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
_COLUMNS = 'what, subject, "at", value, source, sequence, fetched_at, sha256'


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
    return next(model.grain for model in registry.load_models(sql_root) if model.name == f"marts.{relation}")


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


def _rows(con: "duckdb.DuckDBPyConnection", found: Iterable[BarRange]) -> list[tuple[Any, ...]]:
    cut = {replace(part, kind="cut minute") for part in found if part.kind == "minute"}
    parts = sorted({*found, *cut}, key=repr)
    if not parts:
        return []
    union = " union ".join(f"({FROM_LAKE[part.kind]})" for part in parts)
    values = [value for part in parts for value in (part.subject, part.first, part.last)]
    together = f"with rows_of_the_lake({_COLUMNS}) as ({union}) "
    (count,) = con.execute(f"{together} select count(*) from rows_of_the_lake", values).fetchall()[0]
    each = ', "at"' if count <= _LISTED else ""
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
    known = {model.name: model for model in registry.load_models(sql_root)}
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
