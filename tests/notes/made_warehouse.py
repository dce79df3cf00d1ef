"""A small warehouse made by hand: the lake's tables and just the marts that notes and scores read."""

import hashlib
import json
import math
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from etl.domain import Request, Response
from etl.notes.documents.fact import Fact, from_documents

ROOT = Path(__file__).parents[2]
SQL, PROMPTS = ROOT / "sql", ROOT / "prompts"
NOTES_AND_SCORES = (
    "staging.settlements", "marts.recommendation_scores", "marts.daily_recommendations", "marts.llm_insights",
    *(f"aggregates.scoring__{name}" for name in (
        "recommendations", "total_return_index", "excess_index", "open", "entry_exit", "base_rates", "excess_returns",
        "outcomes",
    )),
    "marts.user_comments", "marts.hypotheses",
)  # fmt: skip
MARTS = """
create schema marts;
create table marts.sessions_anchor (anchor_date date);
create table marts.daily_prices (symbol varchar, trade_date date, source varchar, open double, high double, low double,
    close double, volume double);
create table marts.hourly_prices (symbol varchar, opened_at timestamp, open double, high double, low double,
    close double);
create table marts.daily_metrics (symbol varchar, trade_date date, close double, return_pct double,
    total_return_pct double, rsi14 double, ma30 double, known_at timestamp, resistance double, support double,
    macd_histogram double, volatility20_pct double);
create table marts.money_flow_daily (symbol varchar, trade_date date, pressure_pct double, turnover_usd double);
create table marts.data_quality (check_name varchar, claim varchar, severity varchar, failed_rows bigint,
    example varchar);
create table marts.region_nodes (node varchar, symbol varchar, "window" varchar, sessions integer, anchor_date date,
    return_pct double, pressure_pct double, position integer);
create table marts.asset_nodes as from marts.region_nodes;
create table marts.market_internals (trade_date date, symbols bigint, advancers bigint, decliners bigint,
    breadth double, pressure_pct double, momentum_score double, vix double, vix_date date, vix_percentile double,
    correlation_strength double);
create table marts.macro_daily (date date, series_id varchar, value double, source varchar);
create table marts.net_liquidity (date date, net_liquidity_usd double);
create table marts.symbol_stats_24h (symbol varchar, to_at timestamp, change_pct double);
create schema staging;
create schema aggregates;
create view aggregates.bars_final as
    select symbol, '1d' as interval, trade_date, total_return_pct, false as is_suspect, known_at
    from marts.daily_metrics;
create view aggregates.anchor as select * from marts.sessions_anchor;
"""
DAY = date(2025, 10, 31)
NOW = datetime(2025, 11, 1, 3, 43, tzinfo=UTC)
SYMBOLS = {"SPY": "equity", "FXI": "equity", "EWJ": "equity", "TLT": "equity", "GLD": "equity", "BTCUSDT": "crypto",
           "QQQ": "equity", "BIL": "equity"}  # fmt: skip


def facts() -> list[Fact]:
    """The facts that the corpus is written against."""
    return from_documents(json.loads((Path(__file__).parent / "corpus_facts.json").read_text()))


def universe() -> set[str]:
    """Every symbol and series that the corpus may name."""
    return {fact.symbol for fact in facts() if fact.symbol} | {"MCHI", "EZU", "AGG", "DBC", "BNBUSDT"}


class Keeper:
    """Keeps documents in memory, as the pipeline keeps them in the lake."""

    def __init__(self, now: datetime = NOW) -> None:
        self.now = now
        self.answers: list[Response] = []

    def __call__(self, kind: str, subject: str, body: bytes) -> Response:
        """Keep one."""
        request = Request("mfo", kind, subject, f"/{kind}")
        answer = Response(request, 200, {}, body, self.now, self.now, len(self.answers) + 1, "run-1")
        self.answers.append(answer)
        return answer

    def documents(self, kind: str) -> list[dict[str, Any]]:
        """The documents of a kind, in order."""
        return [json.loads(a.body) for a in self.answers if a.request.dataset == kind]


def weekdays(first: date, count: int) -> list[date]:
    """`count` weekdays from `first` on."""
    days: list[date] = []
    while len(days) < count:
        if first.weekday() < 5:
            days.append(first)
        first += timedelta(days=1)
    return days


def warehouse(as_of: datetime = NOW) -> duckdb.DuckDBPyConnection:
    """An empty warehouse with its publication."""
    con = duckdb.connect()
    con.execute((SQL / "lake.sql").read_text())
    con.execute("".join(path.read_text() for path in sorted((SQL / "macros").glob("*.sql"))))
    con.execute(MARTS)
    con.execute(
        "insert into lake.publication values (?, 'known', 'run-1', false, 'test')", [as_of.replace(tzinfo=None)]
    )
    return con


def publish(con: duckdb.DuckDBPyConnection, as_of: datetime, basis: str = "known") -> None:
    """Look at the lake at another instant."""
    con.execute("update lake.publication set as_of = ?, basis = ?", [as_of.replace(tzinfo=None), basis])


def sessions(con: duckdb.DuckDBPyConnection, days: Sequence[date], anchor: date) -> None:
    """Sessions from 14:30 to 21:00 UTC; `anchor` is the last final one."""
    rows = [(d, *(datetime(d.year, d.month, d.day, h, m) for h, m in ((14, 30), (21, 0))), False) for d in days]  # noqa: DTZ001 - as kept
    columns = dict(
        zip(("trade_date", "opened_at", "closed_at", "is_half_day"), map(list, zip(*rows, strict=True)), strict=True)
    )
    con.register("calendar", pa.table(columns))
    con.execute("insert into lake.sessions from calendar")
    con.unregister("calendar")
    con.execute("delete from marts.sessions_anchor")
    con.execute("insert into marts.sessions_anchor values (?)", [anchor])


def build(con: duckdb.DuckDBPyConnection) -> None:
    """Make the models of notes and scores."""
    for name in NOTES_AND_SCORES:
        path = SQL / f"{name.replace('.', '/')}.sql"
        con.execute(f"create or replace table {name} as {path.read_text()}")


def rows(con: duckdb.DuckDBPyConnection, sql: str) -> list[dict[str, Any]]:
    """The rows of a query by column name."""
    cursor = con.execute(sql)
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, values, strict=True)) for values in cursor.fetchall()]


def a_day(day: date = DAY) -> duckdb.DuckDBPyConnection:
    """A warehouse with one day of figures for every mart that facts are gathered from."""
    con = warehouse()
    sessions(con, weekdays(day - timedelta(days=60), 60), day)
    for at, (symbol, kind) in enumerate(SYMBOLS.items()):
        con.execute("insert into lake.instruments values (?, ?, ?, false, ?)", [symbol, symbol, kind, at])
        close, move = 100.0 + 7.13 * at, round(math.sin(at + 1) * 1.5, 4)
        con.execute(
            "insert into marts.daily_prices values (?, ?, 'alpha_vantage', ?, ?, ?, ?, 1000)",
            [symbol, day, close - 0.31, close + 1.17, close - 1.29, close],
        )
        con.execute(
            "insert into marts.daily_metrics values (?, ?, ?, ?, ?, ?, ?, null, ?, ?, -0.4213, 11.37)",
            [symbol, day, close, move, move, 35.5 + 5.21 * at, close - 3.3 + at, close + 2.44 - at, close - 9.81],
        )
        con.execute(
            "insert into marts.money_flow_daily values (?, ?, ?, 5e9)",
            [symbol, day, None if symbol == "BIL" else 61.7 * math.cos(at)],
        )
    nodes = {"region": ("SPY", "FXI", "EWJ"), "asset": ("SPY", "TLT", "GLD", "BTCUSDT", "BIL")}
    names = {"SPY": "USA", "FXI": "China", "EWJ": "Japan", "TLT": "Bonds", "GLD": "Commodities", "BTCUSDT": "Crypto",
             "BIL": "Cash"}  # fmt: skip
    for picture, members in nodes.items():
        for at, symbol in enumerate(members):
            con.execute("insert into lake.nodes values (?, ?, ?, ?, true)", [picture, names[symbol], symbol, at])
            for window, count in (("1W", 5), ("1M", 21)):
                seed = int(hashlib.sha256(f"{symbol}{window}".encode()).hexdigest()[:4], 16) / 65536 - 0.5
                con.execute(
                    f"insert into marts.{picture}_nodes values (?, ?, ?, ?, ?, ?, ?, ?)",
                    [names[symbol], symbol, window, count, day, 10 * seed, None if symbol == "BIL" else 31 * seed, at],
                )
    con.execute("insert into marts.market_internals values (?, 8, 5, 3, 0.25, 5.337, 0.375, 17.44, ?, 0.4325, 0.284)",
                [day, day])  # fmt: skip
    for offset, value in ((2, 4.08), (1, 4.11)):
        con.execute(
            "insert into marts.macro_daily values (?, 'DGS10', ?, 'fred')", [day - timedelta(days=offset), value]
        )
    con.execute("insert into marts.net_liquidity values ('2025-10-22', 5.6618e12), ('2025-10-29', 5.61342e12)")
    con.execute("insert into marts.symbol_stats_24h values ('BTCUSDT', '2025-11-01 03:42:00', 0.846)")
    return con
