"""What the panels show of the made-up site: as-of, source and file of each, and the table behind each chart."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from etl.domain import CHECKED
from tests.dashboard.browsing import charts_drawn
from tests.dashboard.sample_artifacts import pressure
from tests.dashboard.sample_operations import RUN_ID
from tests.dashboard.sample_pictures import internals
from tests.dashboard.sample_site import artifacts

OpenPage = Callable[..., Page]
PANELS = {
    "today": "data/dashboard.json",
    "regions": "data/global-flow/1W.json",
    "assets": "data/asset-flow/1W.json",
    "recommendations": "data/recommendations/latest.json",
    "track-record": "data/track-record.json",
    "price": "data/candles/SPY/1d.json",
    "correlations": "data/correlations.json",
    "macro": "data/macro.json",
    "internals": "data/internals.json",
    "order-book": "data/order-book/BTCUSDT.json",
    "stats-24h": "data/stats-24h.json",
    "hypotheses": "data/hypotheses.json",
    "sources": "data/sources.json",
    "quality": "data/quality.json",
    "pipeline": "data/pipeline.json",
}


def test_every_panel_has_a_title_an_as_of_and_a_link_to_its_file(site: str, open_page: OpenPage) -> None:
    """Fifteen panels, none of them in an error or loading state."""
    page = open_page(site)
    assert page.locator(".panel").evaluate_all("panels => panels.map(panel => panel.id)") == list(PANELS)
    for panel, path in PANELS.items():
        section = page.locator(f"#{panel}")
        expect(section.locator(".panel-foot")).to_contain_text("As of")
        expect(section.locator(f'.panel-foot a[href="{path}"]')).to_have_count(1)
        assert section.locator("h2").inner_text() or panel == "today"
    expect(page.locator(".state-error, .state-loading")).to_have_count(0)


def test_tiles_repeat_the_figures_of_their_panels(site: str, open_page: OpenPage) -> None:
    """One source per number: breadth, pressure and VIX read the same in the tile and in the panel."""
    page = open_page(site)
    latest = internals()["data/internals.json"]["latest"]
    breadth = f"{abs(latest['breadth']):.2f}"
    expect(page.locator('[data-tile="breadth"] .tile-value')).to_contain_text(breadth)
    expect(page.locator("#internals .facts-grid")).to_contain_text(breadth)
    expect(page.locator('[data-tile="bias"] .tile-value')).to_contain_text("Bullish")
    expect(page.locator('[data-tile="regime"] .tile-note')).to_contain_text(f"VIX {latest['vix']:.2f}")
    assert page.locator(".tile").count() == 7
    assert page.locator(".tile .sparkline-line").count() == 7


def test_pressure_is_sorted_signed_bars_that_say_they_are_estimated(site: str, open_page: OpenPage) -> None:
    """The file's nodes in its order, each with its sign; a node without a figure is a dash; nothing in dollars."""
    page = open_page(site)
    files = pressure()
    for panel, path, nodes in (
        ("#regions", "data/global-flow/1W.json", "regions"),
        ("#assets", "data/asset-flow/1W.json", "asset_classes"),
    ):
        told = [
            f"{node['pressure_pct']:+.1f}" if node["pressure_pct"] is not None else "\u2013"
            for node in files[path][nodes]
        ]
        rows = page.locator(f"{panel} .pressure-row")
        assert rows.locator("dt > bdi").all_inner_texts() == [node["node"] for node in files[path][nodes]]
        assert [text.replace("\u2212", "-") for text in rows.locator(".number").all_inner_texts()] == told
        assert "$" not in page.locator(f"{panel} .panel-body").inner_text()
        expect(page.locator(f"{panel} h2")).to_contain_text("Buying pressure")
        said = "estimated from prices and volumes, not a record of money that moved"
        expect(page.locator(f"{panel} .panel-unit")).to_contain_text(said)
    assert told[-1] == "\u2013"


def test_table_of_pressure_holds_nodes_and_the_symbols_beside(site: str, open_page: OpenPage) -> None:
    """The table behind the bars: every node with return, volatility and turnover, its other symbols below it."""
    page = open_page(site)
    page.locator("#regions .panel-body summary").click()
    expect(page.locator("#regions .panel-body tbody tr")).to_have_count(9)
    heads = ["Region", "Pressure, est.", "Return", "Volatility", "Turnover"]
    assert page.locator("#regions .panel-body thead th").all_inner_texts() == heads


def test_charts_are_drawn_with_a_table_behind_each(site: str, open_page: OpenPage) -> None:
    """Five Vega-Lite charts, none of whose boxes clips its drawing, each with its figures in a details element."""
    page = open_page(site)
    charts_drawn(page)
    assert page.locator(".chart svg").count() == 5
    too_tall = page.locator(".chart").evaluate_all(
        """boxes => boxes
            .map((box) => [box.className, box.querySelector('svg').getBoundingClientRect().height - box.clientHeight])
            .filter(([, over]) => over > 1)"""
    )
    assert too_tall == []
    for panel in ("price", "macro", "internals", "order-book"):
        summary = page.locator(f"#{panel} summary", has_text="Table of").first
        summary.click()
        page.locator(f"#{panel} details[open] tbody tr").nth(20).wait_for(state="attached")  # filled when opened


def test_price_panel_shows_hollow_and_filled_candles(site: str, open_page: OpenPage) -> None:
    """Up and down differ by fill and not only by hue: a reader without colour tells them apart."""
    page = open_page(site)
    charts_drawn(page)
    fills = page.locator("#price .chart svg path[aria-roledescription='bar']").evaluate_all(
        "bars => [...new Set(bars.slice(0, 132).map(bar => bar.getAttribute('fill')))].sort()"
    )
    assert fills == ["var(--down)", "var(--surface)"]


def test_correlation_cells_hold_figures_and_minus_signs(site: str, open_page: OpenPage) -> None:
    """The figure stands in the cell, with U+2212; a pair that is not full yet is a dash."""
    page = open_page(site, "#days=252")
    cells = page.locator("#correlations td.r").all_inner_texts()
    assert len(cells) == 100
    assert any(text.startswith("\u22120.") for text in cells)
    assert cells.count("\u2013") == 2
    assert not any("-" in text or "+" in text for text in cells)


def test_recommendations_show_against_wrong_if_and_cited_facts(site: str, open_page: OpenPage) -> None:
    """Each call carries what speaks against it, when it would be wrong, its confidence and its facts with values."""
    page = open_page(site)
    calls = page.locator("#recommendations .call")
    expect(calls).to_have_count(3)
    first = calls.first
    for text in (
        "Overweight",
        "58",
        "RSI at 61.4 leaves less room",
        "SPY closes below its low",
        "SPY Buying pressure, 1W, estimated: 31.20",
        "$41.2 bn",
    ):
        expect(first).to_contain_text(text)
    expect(page.locator("#recommendations .badges")).to_contain_text("Written by gpt-6-luna")
    expect(page.locator("#recommendations .badges")).to_contain_text(CHECKED)


def test_a_note_for_which_no_model_was_set_up_says_so(changed_site: Callable[..., str], open_page: OpenPage) -> None:
    """No reason stands there: the rules wrote it because nobody else was to."""

    def change(files: dict[str, Any], _: dict[str, Any]) -> None:
        files["data/recommendations/latest.json"] |= {"model": "rules", "label": "rules", "recommended_by": "rules"}

    page = open_page(changed_site(change))
    expect(page.locator("#recommendations .badges")).to_contain_text("Written by rules, no model")
    expect(page.locator("#recommendations")).not_to_contain_text("because")
    expect(page.locator("#recommendations")).not_to_contain_text("Recommendations by")


def test_track_record_shows_interval_base_rate_and_words(site: str, open_page: OpenPage) -> None:
    """n, hit rate, 95 % interval, base rate and the words stand in one row."""
    page = open_page(site)
    row = page.locator("#track-record tbody tr").first
    for text in ("64 (31)", "58", "41", "73", "53", "does not yet show skill"):
        expect(row).to_contain_text(text)
    expect(page.locator("#track-record .interval")).to_have_count(3)
    expect(page.locator("#track-record tbody tr").nth(2)).to_contain_text("too short to judge")


def test_footer_names_version_run_and_method(site: str, open_page: OpenPage) -> None:
    """The page says which run it shows, how pressure is estimated and that it is no advice."""
    footer = open_page(site).locator("#colophon")
    for text in ("mfo 0.1.0", RUN_ID, "not a record of money that moved", "Not investment advice", "Asia/Kolkata"):
        expect(footer).to_contain_text(text)


def test_no_figure_is_shown_as_nan_or_undefined(site: str, open_page: OpenPage) -> None:
    """Missing figures are dashes, and negative figures carry a real minus."""
    page = open_page(site)
    for summary in page.locator("summary").all():
        summary.click()
    text = page.locator("body").inner_text()
    assert not re.search(r"\bNaN\b|undefined|\bnull\b|\[object", text)
    assert not re.search(r"(?<![\w-])-\$?\d", text)


@pytest.mark.parametrize("path", ["data/candles/SPY/1d.json", "data/macro.json"])
def test_sample_artifacts_carry_the_common_keys(path: str) -> None:
    """The made-up files keep the shape of the real ones, else these tests would prove nothing."""
    artifact: dict[str, Any] = artifacts()[path]
    assert {"schema_version", "as_of", "run_id", "demo", "reconstructed", "sources"} <= set(artifact)


@pytest.mark.parametrize("width", [390, 1280])
def test_a_caption_of_stacked_rows_is_one_line(site: str, open_page: OpenPage, width: int) -> None:
    """Rows that became cards leave their table's caption its width: it once stood one letter to a line."""
    page = open_page(site, width=width)
    page.locator("#assets .panel-body summary").click()
    tall = "captions => captions.filter(one => one.getBoundingClientRect().height > 48).map(one => one.textContent)"
    assert page.locator("#assets caption").evaluate_all(tall) == []
    expect(page.locator("#assets caption")).to_have_text("Below each asset class its other symbols, not summed")
