"""
Traces: which rows of the lake a figure of a mart rests on, said as selections of bars, actions, observations, books.

The windows of indicators stand in their files; a test changes bars outside and inside of them and looks whether the
figure moves. What is not told apart here rests on all bars from the first one on, which is never too few.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from etl.indicators import indicator_columns
from etl.settings import data_folder

if TYPE_CHECKING:
    import duckdb

HOUR = timedelta(hours=1)
RETURNS_BEFORE = 60  # that a day's pressure is measured by, see sql/flows/daily.sql
STRENGTH_DATES = 60  # common dates of sql/flows/correlation_strength.sql
VIX_VALUES = 252

# the oldest and the newest bar that a column needs, counted back from its own; others need all from the first
Window = tuple[int | None, int]
OF_BARS: Mapping[str, Window] = {
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
def windows() -> Mapping[str, Window]:
    """The windows of the columns of `marts.daily_metrics`, those of indicators as their files say them."""
    return {**OF_BARS, **{one.name: (one.oldest, one.newest) for one in indicator_columns(data_folder("sql"))}}


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of one kind and subject, from and to (both included); `kind` is bar, minute, action, observation or book."""

    kind: str
    subject: str
    first: Any = None
    last: Any = None


Found = set[Rows]
Keys = Mapping[str, Any]
Trace = Callable[["duckdb.DuckDBPyConnection", Keys, str | None], Found]


def _one(con: "duckdb.DuckDBPyConnection", sql: str, *values: Any) -> Any:
    row = con.execute(sql, list(values)).fetchone()
    return row[0] if row else None


def _all(con: "duckdb.DuckDBPyConnection", sql: str, *values: Any) -> list[tuple[Any, ...]]:
    return con.execute(sql, list(values)).fetchall()


def _days(con: "duckdb.DuckDBPyConnection", symbol: str, first: date, last: date, *, dividends: bool = True) -> Found:
    """Daily bars, the splits that they are adjusted for, and their dividends."""
    found = {Rows("bar", symbol, first, last)}
    for (split,) in _all(con, "select ex_date from staging.actions where symbol = ? and kind = 'split'", symbol):
        found |= {Rows("split", symbol, split, split)} if split > first else set()
    return found | ({Rows("dividend", symbol, first + timedelta(days=1), last)} if dividends else set())


def _window(con: "duckdb.DuckDBPyConnection", symbol: str, interval: str, at: Any, window: Window | None) -> list[Any]:
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
    return {Rows("minute", keys["symbol"], keys["opened_at"], keys["opened_at"] + HOUR)}


def hourly_metrics(con: "duckdb.DuckDBPyConnection", keys: Keys, column: str | None) -> Found:
    """The minutes of the hours of the column's window."""
    hours = _window(con, keys["symbol"], "1h", keys["opened_at"], windows().get(column or ""))
    return {Rows("minute", keys["symbol"], hours[-1], hours[0] + HOUR)} if hours else set()


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
    day, found = keys["trade_date"], set[Rows]()
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
    return {Rows("observation", "VIXCLS", dates[-1], dates[0])} if dates else set()


def macro_daily(_: "duckdb.DuckDBPyConnection", keys: Keys, __: str | None) -> Found:
    """The observation."""
    return {Rows("observation", keys["series_id"], keys["date"], keys["date"])}


def net_liquidity(_: "duckdb.DuckDBPyConnection", keys: Keys, column: str | None) -> Found:
    """Its three parts."""
    parts = {
        "walcl_usd": Rows("observation", "WALCL", keys["date"], keys["date"]),
        "treasury_usd": Rows("observation", str(keys["treasury_series"]), keys["date"], keys["date"]),
        "rrpontsyd_usd": Rows("observation", "RRPONTSYD", keys["rrpontsyd_date"], keys["rrpontsyd_date"]),
    }
    return {parts[column]} if column in parts else set(parts.values())


def order_book(_: "duckdb.DuckDBPyConnection", keys: Keys, __: str | None) -> Found:
    """The snapshot."""
    return {Rows("book", keys["symbol"])}


def symbol_stats_24h(_: "duckdb.DuckDBPyConnection", keys: Keys, __: str | None) -> Found:
    """The minutes of the 24 hours."""
    return {Rows("minute", keys["symbol"], keys["from_at"], keys["to_at"])}


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
