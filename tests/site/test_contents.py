"""Every artifact from hand-made marts: its path, its schema, and that its values are those of the marts."""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pytest
from jsonschema import Draft202012Validator

from etl.errors import DataWrong, NeverPublished
from etl.site import manifest
from etl.site.artifact import Artifact, encoded
from etl.site.contents import QUERIES, SCHEMAS, artifacts, site_files
from etl.site.context import Context, read_context
from etl.site.recommendations import recorded
from etl.site.shape import Answer, Schema
from etl.stores.models import build, load_models

ROOT = Path(__file__).parents[2]
SYMBOLS = ("SPY", "QQQ", "FXI", "BTCUSDT")
WINDOWS = ("1D", "1W", "1M", "3M", "1Y")
RECORD = {
    "model": "rules", "scope": "portfolio", "stance": "overweight", "horizon": 5, "kind": "live", "n": 39, "n_eff": 6,
    "voids": 1, "hits": 26, "hit_rate": 2 / 3, "interval_low": 0.3, "interval_high": 0.9, "base_rate": 0.55,
    "mean_excess_pct": 0.1, "excess_low": None, "excess_high": None, "brier": 0.22, "brier_skill": 0.1,
    "words": "does not yet show skill",
}  # fmt: skip


def marts() -> duckdb.DuckDBPyConnection:
    """The hand-made warehouse in memory."""
    con = duckdb.connect()
    con.execute((ROOT / "sql" / "lake.sql").read_text())
    con.execute((ROOT / "tests" / "site" / "made_marts.sql").read_text())
    return con


def asked(con: duckdb.DuckDBPyConnection) -> dict[str, Answer]:
    """All queries of the site, answered."""
    answers = {name: query.read(con.execute(query.sql).fetchall()) for name, query in QUERIES.items()}
    return {**answers, "track_record": recorded([RECORD])}


def known(answers: dict[str, Answer], public: bool = False) -> Context:
    """The context of a test."""
    return read_context(answers, "0.1.0", "Asia/Kolkata", public, {"iex": "closed in 2024"})


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


def objects(schema: Any) -> Iterator[Schema]:
    """Every object schema within a schema."""
    if isinstance(schema, dict):
        if "properties" in schema and isinstance(schema["properties"], dict) and "type" in schema:
            yield schema
        for one in schema.values():
            yield from objects(one)
    if isinstance(schema, list):
        for one in schema:
            yield from objects(one)


def test_every_artifact_of_the_product_page_is_there() -> None:
    """All paths that the page promises, each once; hourly candles only where there are hours."""
    flows = {f"data/{folder}/{window}.json" for folder in ("global-flow", "asset-flow") for window in WINDOWS}
    symbols = {f"data/metrics/{symbol}.json" for symbol in SYMBOLS} | {
        f"data/candles/{symbol}/1d.json" for symbol in SYMBOLS
    }
    single = {
        f"data/{name}.json"
        for name in (
            "metrics", "track-record", "internals", "dashboard", "correlations", "macro", "stats-24h", "sources",
            "quality", "health", "pipeline",
        )
    }  # fmt: skip
    notes = {f"data/recommendations/{name}.json" for name in ("latest", "2025-10-30", "2025-10-31")}
    books = {"data/candles/BTCUSDT/1h.json", "data/order-book/BTCUSDT.json"}
    assert set(site()) == flows | symbols | single | notes | books


@pytest.mark.parametrize("path", sorted(SCHEMAS))
def test_every_schema_is_a_valid_one_with_titles_that_allows_nothing_else(path: str) -> None:
    """Draft 2020-12, an id, a title; every object names its properties, requires all and allows no others."""
    schema = SCHEMAS[path]
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(manifest.SCHEMA_OF_SCHEMAS).validate(schema)
    if path == manifest.SCHEMA_OF_SCHEMAS_PATH:
        return
    found = list(objects(schema))
    assert found
    for one in found:
        assert one["title"]
        assert one["additionalProperties"] is False
        assert sorted(one["required"]) == sorted(one["properties"])
    assert "10 significant digits" in schema["description"] or path == manifest.SCHEMA_PATH


def test_every_artifact_satisfies_its_schema_by_the_plain_validator() -> None:
    """The library itself, without the export's shortcut, on the bytes that a reader gets."""
    for path, one in site().items():
        Draft202012Validator(SCHEMAS[one.schema]).validate(document(path))


def test_every_artifact_has_the_envelope_and_names_its_terms() -> None:
    """The instant, the run, whether it is made up or replayed, and terms for every source that it names."""
    for path in site():
        read = document(path)
        envelope = {name: read[name] for name in ("schema_version", "as_of", "run_id", "demo", "reconstructed")}
        assert envelope == {
            "schema_version": "1.0",
            "as_of": "2025-11-01T03:43:00Z",
            "run_id": "run-7",
            "demo": False,
            "reconstructed": False,
        }, path
        assert all(source["terms"] and source["terms_url"] for source in read["sources"]), path
        assert read["withheld"] == []


def test_no_number_has_more_than_ten_significant_digits() -> None:
    """The stated rounding holds for every number of every file."""
    for path in site():
        assert all(float(f"{value:.10g}") == value for value in numbers(document(path))), path


def test_the_flow_picture_is_the_marts_rows() -> None:
    """Nodes in order with the symbols beside, and flows, of the window that the file is named after."""
    week = document("data/global-flow/1W.json")
    assert [(node["node"], node["net_flow_usd"]) for node in week["regions"]] == [("USA", 5e8), ("China", -5e8)]
    assert [one["symbol"] for one in week["regions"][0]["beside"]] == ["QQQ"]
    assert week["flows"] == [{"from": "China", "to": "USA", "flow_usd": 2.5e8}]
    assert (week["window"], week["sessions"], week["from_date"]) == ("1W", 5, "2025-10-26")
    assert "not a record of transfers" in week["method"]
    assert [source["source"] for source in week["sources"]] == ["alpha_vantage"]


def test_a_picture_without_flows_says_why() -> None:
    """A node that is not known, a window that is not full, and nobody who takes are told apart."""
    assert document("data/asset-flow/3M.json")["statement"] == (
        "No flows: the net flow of Crypto is not known over this window."
    )
    assert document("data/asset-flow/1Y.json")["statement"] == "No flows: no node has a full window yet."
    assert document("data/asset-flow/1M.json")["statement"] == "No flows: no node takes more than its share."
    assert document("data/asset-flow/1D.json")["statement"] is None


def test_candles_are_columns_of_equal_length_with_the_marts_values() -> None:
    """300 days of SPY oldest first; NULL while a window is filling; NaN and infinity never appear."""
    candles = document("data/candles/SPY/1d.json")
    columns = candles["columns"]
    assert {len(column) for column in columns.values()} == {300}
    assert columns["time"] == sorted(columns["time"])
    assert columns["time"][-1] == one_value("select epoch(max(opened_at)) from marts.daily_prices where symbol = 'SPY'")
    assert columns["ma30"][:29] == [None] * 29
    assert columns["ma30"][29] is not None
    assert set(columns["macd"]) == {None}
    assert set(columns["macd_histogram"]) == {None}
    last = "from (from marts.daily_prices where symbol = 'SPY' order by trade_date desc limit 1)"
    assert columns["close"][-1] == float(f"{one_value(f'select close {last}'):.10g}")
    assert columns["volume"][-1] == one_value(f"select volume {last}")
    hours = document("data/candles/BTCUSDT/1h.json")
    assert len(hours["columns"]["time"]) == 500
    assert "net_flow_usd" not in hours["columns"]
    assert (hours["unit_price"], hours["volume_unit"]) == ("USDT", "BTC")


def test_metrics_hold_thirty_closes_and_the_latest_row_of_each_symbol() -> None:
    """In the configured order, and the same close in both places."""
    metrics = document("data/metrics.json")
    assert [one["symbol"] for one in metrics["symbols"]] == list(SYMBOLS)
    assert metrics["symbols"][0]["groups"] == ["USA", "Stocks"]
    assert [len(one["close"]) for one in metrics["prices"]] == [30] * 4
    assert metrics["range"] == {"from": "2025-10-02", "to": "2025-10-31"}
    for closes, latest in zip(metrics["prices"], metrics["metrics"], strict=True):
        assert (closes["symbol"], closes["close"][-1]) == (latest["symbol"], latest["close"])
        assert latest["rsi14"] == 55.12345679
        assert latest["cmf20"] == 0.0
    one = document("data/metrics/FXI.json")
    assert len(one["prices"]) == len(one["metrics"]) == 260
    assert one["prices"][-1]["close"] == metrics["metrics"][2]["close"]


def test_the_note_passes_through_with_its_facts_and_dates() -> None:
    """latest.json is the newest date's file with the list of dates; the rules' note is labelled."""
    latest, dated = document("data/recommendations/latest.json"), document("data/recommendations/2025-10-31.json")
    assert latest.pop("dates") == ["2025-10-31", "2025-10-30"]
    assert latest == dated
    assert dated["label"] == "rules"
    assert dated["recommendations"][0]["wrong_if"] == "Wrong if SPY ..."
    assert [fact["id"] for fact in dated["facts"]] == ["f1", "f2"]
    assert [source["source"] for source in dated["sources"]] == ["alpha_vantage", "fred", "fred/VIXCLS"]


def test_the_track_record_counts_what_is_open_and_shows_what_settled_last() -> None:
    """Voids are counted by the record and are no recent call."""
    record = document("data/track-record.json")
    assert record["rows"][0]["words"] == "does not yet show skill"
    assert record["rows"][0]["hit_rate"] == 0.6666666667
    assert record["pending"] == 2
    assert len(record["recent"]) == 30
    assert record["recent"][0]["exit_date"] == "2025-09-17"


def test_tiles_are_the_numbers_of_the_panels_below_them() -> None:
    """One source for each number: the tile and the panel read the same row."""
    tiles, internals = document("data/dashboard.json"), document("data/internals.json")
    for name in ("market_bias", "volatility_regime", "breadth", "momentum_score", "volume_flow_pct"):
        assert tiles[name] == internals["latest"][name]
    assert tiles["vix"] == {"value": 17.5, "date": "2025-10-30", "percentile": 0.6}
    assert len(internals["history"]) == 60
    assert internals["history"][-1]["trade_date"] == internals["latest"]["trade_date"] == "2025-10-31"
    closes = {one["symbol"]: one["close"] for one in document("data/metrics.json")["metrics"]}
    assert {one["symbol"]: one["close"] for one in tiles["quotes"]} == {s: closes[s] for s in ("SPY", "QQQ")}
    assert tiles["note"]["summary"] == document("data/recommendations/latest.json")["summary"]


def test_correlations_are_square_and_symmetric_with_ones_on_the_diagonal() -> None:
    """In the configured order of the symbols; a window that is not full is null."""
    windows = document("data/correlations.json")["windows"]
    assert [window["days"] for window in windows] == [30, 90, 252]
    for window in windows:
        assert window["symbols"] == ["SPY", "FXI", "BTCUSDT"]
        assert all(window["r"][i][i] == 1 for i in range(3))
        assert window["r"] == [list(column) for column in zip(*window["r"], strict=True)]
    assert windows[0]["r"][0][1] == 0.3333333333
    assert windows[2]["r"][0][1] is None


def test_macro_shows_what_was_known_and_whose_it_is() -> None:
    """120 points, the change from the value before, the title of the as-of instant, terms of the owner."""
    macro = document("data/macro.json")
    vix, yields, walcl = macro["series"]
    assert (vix["title"], vix["publishable"]) == ("CBOE Volatility Index: VIX", False)
    assert len(vix["points"]) == 120
    assert vix["points"][-1] == ["2025-10-31", 17.99]
    assert (vix["value"], vix["previous"], vix["change"]) == (17.99, 17.98, 0.01)
    assert (yields["unit"], yields["frequency"]) == ("percent", "D")
    assert (walcl["value"], walcl["points"]) == (None, [])
    assert walcl["title"] == "Federal Reserve total assets, Wednesday"
    assert "fred/VIXCLS" in [source["source"] for source in macro["sources"]]
    assert len(macro["net_liquidity"]["points"]) == 104
    assert macro["net_liquidity"]["points"][-1]["date"] == "2025-10-29"


def test_books_keep_two_hundred_levels_best_first() -> None:
    """Bids fall, asks rise, and the stamp is that of the snapshot."""
    book = document("data/order-book/BTCUSDT.json")
    assert len(book["bids"]) == len(book["asks"]) == 200
    assert (book["bids"][0], book["bids"][-1]) == ([99999.0, 0.5], [99800.0, 0.5])
    assert (book["asks"][0], book["asks"][-1]) == ([100001.0, 0.5], [100200.0, 0.5])
    assert book["taken_at"] == "2025-11-01T03:41:00Z"
    assert document("data/stats-24h.json")["symbols"][0]["trades"] == 900000


def test_operations_show_failures_first_and_nothing_that_was_not_known() -> None:
    """Checks, gaps, revisions, refused rows and runs as they stood at the as-of instant."""
    quality = document("data/quality.json")
    assert [check["status"] for check in quality["checks"]] == ["fail", "pass"]
    assert [row["reason"] for row in quality["refused"]] == ["high below low"]
    assert len(quality["revisions"]) == 50
    assert quality["revisions"][0]["at"] == "2025-09-29"
    assert quality["gaps"][0]["missing"] == 5
    health = document("data/health.json")
    assert (health["status"], [one["source"] for one in health["stale"]]) == ("degraded", ["alpha_vantage"])
    assert health["run"] == {"run_id": "run-7", "run_at": "2025-11-01T03:30:00Z", "status": "success"}
    assert health["counts"]["daily_rows"] == 1200
    runs = document("data/pipeline.json")["runs"]
    assert [run["run_id"] for run in runs[:2]] == ["run-7", "run-6"]
    assert runs[0]["details"] == {"load": {"rows": 12}}
    sources = document("data/sources.json")
    assert sources["closed"] == [{"name": "iex", "why": "closed in 2024"}]
    assert [item["left_today"] for item in sources["items"]] == [5, None]


def test_a_public_site_leaves_out_what_may_not_be_published_again_and_says_so() -> None:
    """Rows of Alpha Vantage and the VIX go; Binance, the yields, indicators of the whole market and flows stay."""
    public = {path: one.document for path, one in made(marts(), public=True).items()}
    assert set(public) == set(site())
    spy = public["data/metrics/SPY.json"]
    assert (spy["prices"], spy["metrics"]) == ([], [])
    assert spy["withheld"] == ["SPY: rows of alpha_vantage may not be published again and were left out"]
    assert public["data/candles/SPY/1d.json"]["columns"]["close"] == []
    assert len(public["data/candles/BTCUSDT/1d.json"]["columns"]["close"]) == 300
    assert [one["symbol"] for one in public["data/metrics.json"]["metrics"]] == ["BTCUSDT"]
    vix, yields, _ = public["data/macro.json"]["series"]
    assert (vix["value"], vix["change"], vix["points"]) == (None, None, [])
    assert len(yields["points"]) == 120
    assert "VIXCLS" in public["data/macro.json"]["withheld"][0]
    assert public["data/dashboard.json"]["vix"]["value"] is None
    assert public["data/dashboard.json"]["quotes"] == []
    assert {row["vix"] for row in public["data/internals.json"]["history"]} == {None}
    assert [fact["value"] for fact in public["data/recommendations/latest.json"]["facts"]] == [None, None]
    assert {row["new_value"] for row in public["data/quality.json"]["revisions"]} == {None}
    assert {check["example"] for check in public["data/quality.json"]["checks"]} == {None}
    assert public["data/global-flow/1W.json"]["flows"] == site()["data/global-flow/1W.json"].document["flows"]
    assert 17.99 not in list(numbers(public))


def test_a_public_note_does_not_tell_in_words_what_its_facts_leave_out() -> None:
    """The close and the VIX go from the text to whatever rounding; dates, horizons and other numbers stay."""
    con = marts()
    summary = "SPY closed at 1,100.5 on 2025-10-31; the VIX stood at 17.5, up 17 of 21 sessions, and 18.5 before."
    facts = """[{"id": "f1", "symbol": "SPY", "value": 1100.49}, {"id": "f2", "symbol": "VIXCLS", "value": 17.5}]"""
    con.execute("update marts.daily_recommendations set summary = ?, facts = ?", [summary, facts])
    public, private = made(con, public=True), made(con)
    said = "SPY closed at [left out] on 2025-10-31; the VIX stood at [left out], up 17 of 21 sessions, and 18.5 before."
    for path in ("data/recommendations/latest.json", "data/dashboard.json"):
        assert any("VIXCLS" in why for why in public[path].document["withheld"])
    assert public["data/recommendations/latest.json"].document["summary"] == said
    assert public["data/dashboard.json"].document["note"]["summary"] == said
    assert private["data/dashboard.json"].document["note"]["summary"] == summary


def test_the_manifest_lists_every_other_file_with_its_hash_and_schema() -> None:
    """Sorted by path; a data file has the schema it satisfies, a schema the schema of schemas, the page none."""
    answers = asked(marts())
    files = site_files(answers, known(answers), {"data/parquet/x.parquet": b"PAR1"}, {"index.html": b"<!doctype html>"})
    listed = json.loads(files[manifest.PATH])
    paths = [one["path"] for one in listed["artifacts"]]
    assert paths == sorted(set(files) - {manifest.PATH})
    schemas = {one["path"]: one["schema"] for one in listed["artifacts"]}
    assert schemas["data/candles/SPY/1d.json"] == "schema/candles-1d.json"
    assert schemas["schema/macro.json"] == "schema/schema.json"
    assert schemas["index.html"] is None
    assert all(schemas[path] in paths for path in paths if path.endswith(".json"))
    assert listed["published_at"] == "2025-11-01T03:43:10Z"
    assert [source["expected_next_at"] for source in listed["sources"]] == [
        "2025-11-03T21:00:00Z",
        "2025-11-01T04:40:00Z",
    ]


def test_a_page_file_may_not_hide_an_artifact() -> None:
    """Otherwise a developer's sample data would be published as real."""
    answers = asked(marts())
    with pytest.raises(DataWrong, match=r"data/macro\.json"):
        site_files(answers, known(answers), {}, {"data/macro.json": b"{}"})


def test_an_artifact_that_breaks_its_schema_stops_the_export() -> None:
    """An RSI of 101 is a bug in a model: nothing is published and the place is named."""
    con = marts()
    con.execute("update marts.daily_metrics set rsi14 = 101 where symbol = 'QQQ' and trade_date = date '2025-10-31'")
    with pytest.raises(DataWrong, match=r"data/metrics\.json does not fit its schema at \$\.metrics\[1\]\.rsi14: 101"):
        made(con)


def test_a_warehouse_that_was_never_published_is_refused() -> None:
    """Without an as-of instant nothing can be said."""
    con = marts()
    con.execute("delete from lake.publication")
    with pytest.raises(NeverPublished):
        made(con)


def test_replays_and_demos_say_so_on_every_file() -> None:
    """`reconstructed` follows the basis, `demo` the publication."""
    con = marts()
    con.execute("update lake.publication set basis = 'published', demo = true")
    assert {(one.document["reconstructed"], one.document["demo"]) for one in made(con).values()} == {(True, True)}


def test_the_models_give_every_column_that_the_site_reads() -> None:
    """The real SQL over an empty lake: every query runs, every artifact of an empty warehouse is valid."""
    con = duckdb.connect()
    con.execute((ROOT / "sql" / "lake.sql").read_text())
    con.execute("insert into lake.publication values ('2025-11-01', 'known', 'run-1', false, 'test')")
    build(con, load_models(ROOT / "sql"))
    empty = made(con)
    assert empty["data/recommendations/latest.json"].document["for_date"] is None
    assert empty["data/global-flow/1W.json"].document["regions"] == []
    assert empty["data/dashboard.json"].document["note"] is None
