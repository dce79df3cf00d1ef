"""What is left out of a public site, what the manifest lists, and what stops an export."""

import json

import duckdb
import pytest

from etl.errors import DataWrong, NeverPublished
from etl.models.registry import build, load_models
from etl.site.artifacts import manifest
from etl.site.publish.export import site_files
from etl.site.publish.render import pngs
from tests.site.made import ROOT, asked, known, made, marts, numbers, site


def test_a_public_site_leaves_out_what_may_not_be_published_again_and_says_so() -> None:
    """Rows of Alpha Vantage and the VIX go; Binance, the yields, indicators of the whole market and pressure stay."""
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
    assert public["data/global-flow/1W.json"]["regions"] == site()["data/global-flow/1W.json"].document["regions"]
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


def test_a_public_site_leaves_out_what_the_desk_says_among_itself() -> None:
    """Names of analysts, their words and their ideas; the statement stands where they would."""
    public = {path: one.document for path, one in made(marts(), public=True).items()}
    note, hypotheses = public["data/recommendations/latest.json"], public["data/hypotheses.json"]
    assert note["comments"] == []
    assert "what analysts say of this note is the desk's own and was left out" in note["withheld"]
    assert not any("analysts" in why for why in public["data/recommendations/2025-10-30.json"]["withheld"])
    assert (hypotheses["hypotheses"], hypotheses["tries"]) == ([], None)
    assert hypotheses["withheld"] == ["hypotheses are the desk's own and were left out"]
    assert public["data/pipeline.json"]["withheld"] == ["what each task of a run said is for the desk and was left out"]
    assert {run["details"] for run in public["data/pipeline.json"]["runs"]} == {None}
    assert not any(word in json.dumps(public) for word in ("Asha", "Ravi", "cmf20 > 0.2"))


def test_the_manifest_lists_every_other_file_with_its_hash_and_schema() -> None:
    """Sorted by path; a data file has the schema it satisfies, a schema the schema of schemas, the page none."""
    answers = asked(marts())
    files = site_files(
        answers, known(answers), {"data/parquet/x.parquet": b"PAR1"}, {"index.html": b"<!doctype html>"}, pngs
    )
    listed = json.loads(files[manifest.MANIFEST_PATH])
    paths = [one["path"] for one in listed["artifacts"]]
    assert paths == sorted(set(files) - {manifest.MANIFEST_PATH})
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
        site_files(answers, known(answers), {}, {"data/macro.json": b"{}"}, pngs)


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
