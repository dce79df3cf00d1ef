"""Every artifact from hand-made marts: its path, its schema, and that its values are those of the marts."""

import pytest
from jsonschema import Draft202012Validator

from etl.site.artifacts import manifest
from etl.site.publish.export import SCHEMAS
from tests.site.made import SYMBOLS, WINDOWS, document, numbers, objects, one_value, site


def test_every_artifact_of_the_product_page_is_there() -> None:
    """All paths that the page promises, each once; hourly candles only where there are hours."""
    pictures = {f"data/{folder}/{window}.json" for folder in ("global-flow", "asset-flow") for window in WINDOWS}
    symbols = {f"data/metrics/{symbol}.json" for symbol in SYMBOLS} | {
        f"data/candles/{symbol}/1d.json" for symbol in SYMBOLS
    }
    single = {
        f"data/{name}.json"
        for name in (
            "metrics", "track-record", "internals", "dashboard", "correlations", "macro", "stats-24h", "sources",
            "quality", "health", "pipeline", "hypotheses",
        )
    }  # fmt: skip
    notes = {f"data/recommendations/{name}.json" for name in ("latest", "2025-10-30", "2025-10-31")}
    books = {"data/candles/BTCUSDT/1h.json", "data/order-book/BTCUSDT.json"}
    assert set(site()) == pictures | symbols | single | notes | books


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


def test_nodes_are_sorted_by_pressure_with_the_symbols_beside() -> None:
    """The highest first, a node whose pressure is not known last; no flows, no edges, no dollars but turnover."""
    week = document("data/global-flow/1W.json")
    assert [(node["node"], node["pressure_pct"]) for node in week["regions"]] == [("China", 5.0), ("USA", -10.0)]
    assert [one["symbol"] for one in week["regions"][1]["beside"]] == ["QQQ"]
    assert (week["window"], week["sessions"], week["from_date"]) == ("1W", 5, "2025-10-26")
    assert "not a record of money that moved" in week["method"]
    assert [source["source"] for source in week["sources"]] == ["alpha_vantage"]
    assert [node["pressure_pct"] for node in document("data/asset-flow/3M.json")["asset_classes"]] == [-10.0, None]
    assert document("data/asset-flow/1Y.json")["asset_classes"] == []
    own = {"window", "sessions", "anchor_date", "from_date", "method"}
    for path, nodes in (("data/global-flow/1W.json", "regions"), ("data/asset-flow/1W.json", "asset_classes")):
        assert set(document(path)) - set(document("data/macro.json")) == own | {nodes}
        assert [name for name in document(path)[nodes][0] if name.endswith("_usd")] == ["turnover_usd"]


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
    assert "pressure_pct" not in hours["columns"]
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
    for name in ("market_bias", "volatility_regime", "breadth", "momentum_score", "pressure_pct"):
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


def test_a_note_carries_what_analysts_say_of_it_oldest_first() -> None:
    """Of its own scope and date only; latest.json and the dated file say the same, a day without comments none."""
    comments = document("data/recommendations/2025-10-31.json")["comments"]
    assert comments == [
        {"author": "Ravi", "text": "SPY stood at 1100.5.", "written_at": "2025-11-01T01:00:00Z"},
        {"author": "Asha", "text": "I do not agree.", "written_at": "2025-11-01T02:00:00Z"},
    ]
    assert document("data/recommendations/latest.json")["comments"] == comments
    assert document("data/recommendations/2025-10-30.json")["comments"] == []


def test_hypotheses_stand_with_what_each_period_showed_and_how_many_were_tried() -> None:
    """Newest first; tries are different conditions and horizons known by then, whoever's; not tested is no figure."""
    hypotheses = document("data/hypotheses.json")
    assert [one["name"] for one in hypotheses["hypotheses"]] == ["fresh", "oversold"]
    fresh, oversold = hypotheses["hypotheses"]
    assert (fresh["periods"], fresh["words"], fresh["tested_at"], fresh["tests"]) == ([], None, None, 0)
    assert [found["period"] for found in oversold["periods"]] == ["discovery", "later", "live", "all"]
    assert (oversold["periods"][0]["edge_pct"], oversold["periods"][1]["n"]) == (0.3, 0)
    assert (oversold["split"], oversold["tries"], oversold["condition"]) == ("2025-09-01", 2, "rsi14 < 30")
    assert hypotheses["tries"] == 2
    assert [source["source"] for source in hypotheses["sources"]] == ["alpha_vantage", "binance"]
