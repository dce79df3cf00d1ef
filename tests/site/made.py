"""The hand-made warehouse of tests/site and the artifacts made from it."""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import duckdb

from etl.site.artifacts.recommendations import recorded
from etl.site.publish.export import QUERIES, artifacts
from etl.site.schema.envelope import Artifact, encoded
from etl.site.schema.record import JsonSchema, QueryResult
from etl.site.schema.site_context import SiteContext, read_context

ROOT = Path(__file__).parents[2]
SYMBOLS = ("SPY", "QQQ", "FXI", "BTCUSDT")
WINDOWS = ("1D", "1W", "1M", "3M", "1Y")
RECORD = {
    "model": "rules", "scope": "portfolio", "stance": "overweight", "horizon": 5, "kind": "live", "n": 39, "n_eff": 6,
    "voids": 1, "hits": 26, "hit_rate": 2 / 3, "interval_low": 0.3, "interval_high": 0.9, "base_rate": 0.55,
    "mean_excess_pct": 0.1, "excess_low": None, "excess_high": None, "brier": 0.22, "brier_skill": 0.1,
    "calibration": [{"low": 0.4, "high": 0.6, "n": 39, "confidence": 0.52, "hit_rate": 2 / 3}],
    "words": "does not yet show skill",
}  # fmt: skip


def marts() -> duckdb.DuckDBPyConnection:
    """The hand-made warehouse in memory."""
    con = duckdb.connect()
    con.execute((ROOT / "sql" / "lake.sql").read_text())
    con.execute((ROOT / "tests" / "site" / "made_marts.sql").read_text())
    return con


def asked(con: duckdb.DuckDBPyConnection) -> dict[str, QueryResult]:
    """All queries of the site, answered."""
    answers = {name: query.read(con.execute(query.sql).fetchall()) for name, query in QUERIES.items()}
    return {**answers, "track_record": recorded([RECORD])}


def known(answers: dict[str, QueryResult], public: bool = False, base_url: str | None = None) -> SiteContext:
    """The context of a test."""
    return read_context(answers, "0.1.0", "Asia/Kolkata", public, {"iex": "closed in 2024"}, base_url)


def made(con: duckdb.DuckDBPyConnection, public: bool = False) -> dict[str, Artifact]:
    """Every artifact by path."""
    answers = asked(con)
    return {one.path: one for one in artifacts(answers, known(answers, public))}


@cache
def site() -> dict[str, Artifact]:
    """The hand-made warehouse's artifacts, made once for all tests that only look."""
    return made(marts())


def document(path: str) -> dict[str, Any]:
    """One of them, as a reader gets it."""
    read: dict[str, Any] = json.loads(encoded(site()[path].document))
    return read


def one_value(sql: str) -> Any:
    """The only value of a query on the hand-made marts."""
    return marts().execute(sql).fetchall()[0][0]


def numbers(value: Any) -> Iterator[float]:
    """Every float in a document."""
    if isinstance(value, float):
        yield value
    for one in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from numbers(one)


def objects(schema: Any) -> Iterator[JsonSchema]:
    """Every object schema within a schema."""
    if isinstance(schema, dict):
        if "properties" in schema and isinstance(schema["properties"], dict) and "type" in schema:
            yield schema
        for one in schema.values():
            yield from objects(one)
    if isinstance(schema, list):
        for one in schema:
            yield from objects(one)
