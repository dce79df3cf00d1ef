"""What the page does when files are broken, missing, of another run, stale, made up, or hostile."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from etl.site.publish.folder import one_file
from tests.dashboard.browsing import charts_drawn
from tests.dashboard.sample_site import DASHBOARD, build

OpenPage = Callable[..., Page]
ChangedSite = Callable[..., str]

BREAKABLE = {
    "regions": "data/global-flow/1W.json",
    "assets": "data/asset-flow/1W.json",
    "recommendations": "data/recommendations/latest.json",
    "track-record": "data/track-record.json",
    "price": "data/candles/SPY/1d.json",
    "correlations": "data/correlations.json",
    "macro": "data/macro.json",
    "order-book": "data/order-book/BTCUSDT.json",
    "stats-24h": "data/stats-24h.json",
    "hypotheses": "data/hypotheses.json",
    "sources": "data/sources.json",
    "quality": "data/quality.json",
    "pipeline": "data/pipeline.json",
}


@pytest.mark.parametrize(("panel", "path"), BREAKABLE.items())
def test_one_broken_file_breaks_one_panel(site: str, open_page: OpenPage, panel: str, path: str) -> None:
    """Not JSON: its panel says so and names the file, all others stand."""
    routes = {f"**/{path}": lambda route: route.fulfill(body="{ not json", content_type="application/json")}
    page = open_page(site, routes=routes)
    expect(page.locator(f"#{panel} .state-error")).to_contain_text(f"{path} is not valid JSON")
    expect(page.locator(".state-error")).to_have_count(1)


def test_missing_file_and_unreachable_file_are_told_apart(site: str, open_page: OpenPage) -> None:
    """HTTP 404 and a cut connection each have their own words."""
    routes = {
        "**/data/track-record.json": lambda route: route.fulfill(status=404),
        "**/data/macro.json": lambda route: route.abort(),
    }
    page = open_page(site, allowed=("Failed to load resource",), routes=routes)
    expect(page.locator("#track-record .state-error")).to_contain_text("HTTP 404")
    expect(page.locator("#macro .state-error")).to_contain_text("could not be reached")
    expect(page.locator('[data-tile="net-liquidity"]')).to_contain_text("No figure in this publication")


def test_broken_dashboard_file_breaks_the_tiles_and_nothing_else(site: str, open_page: OpenPage) -> None:
    """The tiles' own file: the panels below read their own."""
    routes = {"**/data/dashboard.json": lambda route: route.fulfill(body="[]", content_type="application/json")}
    page = open_page(site, routes=routes)
    expect(page.locator("#today .state-error")).to_have_count(1)
    expect(page.locator(".state-error")).to_have_count(1)


def test_broken_internals_leave_the_tiles_without_sparklines(site: str, open_page: OpenPage) -> None:
    """A sparkline is a help: without its file the figures stay."""
    routes = {"**/data/internals.json": lambda route: route.fulfill(body="", content_type="application/json")}
    page = open_page(site, routes=routes)
    expect(page.locator("#internals .state-error")).to_have_count(1)
    expect(page.locator('[data-tile="breadth"] .tile-value')).not_to_have_text("\u2013")
    expect(page.locator("#stats-24h")).to_contain_text("Its file could not be used")


def test_file_of_another_run_is_refused(changed_site: ChangedSite, open_page: OpenPage) -> None:
    """Two publications side by side would contradict each other: the panel says which runs."""

    def change(files: dict[str, Any], _: dict[str, Any]) -> None:
        files["data/correlations.json"]["run_id"] = "run-of-yesterday"

    page = open_page(changed_site(change))
    expect(page.locator("#correlations .state-error")).to_contain_text("belongs to run run-of-yesterday")
    expect(page.locator(".state-error")).to_have_count(1)


def test_demo_file_among_real_ones_is_refused(changed_site: ChangedSite, open_page: OpenPage) -> None:
    """Made-up figures never stand beside real ones."""

    def change(files: dict[str, Any], _: dict[str, Any]) -> None:
        files["data/macro.json"]["demo"] = True

    page = open_page(changed_site(change))
    expect(page.locator("#macro .state-error")).to_contain_text("mixes demo and real figures")


def test_file_of_an_unknown_shape_breaks_one_panel(changed_site: ChangedSite, open_page: OpenPage) -> None:
    """A shape that the page does not know is an error state, not an empty page."""

    def change(files: dict[str, Any], _: dict[str, Any]) -> None:
        del files["data/correlations.json"]["windows"]

    page = open_page(changed_site(change))
    expect(page.locator("#correlations .state-error")).to_contain_text("shape that this page does not know")
    expect(page.locator(".state-error")).to_have_count(1)


def test_files_that_were_left_out_are_empty_states(changed_site: ChangedSite, open_page: OpenPage) -> None:
    """A publication without some files (`--public`) asks for none of them and says that they are not part of it."""

    def change(files: dict[str, Any], manifest: dict[str, Any]) -> None:
        left_out = ("data/candles/", "data/order-book/", "data/macro", "data/recommendations/", "data/correlations")
        for path in [path for path in files if path.startswith(left_out)]:
            del files[path]
        manifest["artifacts"] = [entry for entry in manifest["artifacts"] if entry["path"] in files]

    page = open_page(changed_site(change))
    for panel in ("macro", "recommendations", "correlations"):
        expect(page.locator(f"#{panel} .state")).to_contain_text("not part of this publication")
    expect(page.locator("#price .state")).to_contain_text("No prices")
    expect(page.locator("#order-book .state")).to_contain_text("No order book")
    expect(page.locator(".state-error")).to_have_count(0)


def test_empty_artifacts_are_empty_states(changed_site: ChangedSite, open_page: OpenPage) -> None:
    """The first day: no scores, no regions, no checks, no runs, and no error for it."""

    def change(files: dict[str, Any], _: dict[str, Any]) -> None:
        files["data/track-record.json"] |= {"rows": [], "recent": [], "pending": 3}
        files["data/global-flow/1W.json"] |= {"regions": []}
        for node in files["data/asset-flow/1W.json"]["asset_classes"]:
            node.update(dict.fromkeys(("pressure_pct", "volatility_pct")))
        files["data/internals.json"] |= {"latest": None, "history": [], "crypto": None}
        files["data/quality.json"] |= {"checks": [], "gaps": [], "revisions": [], "refused": []}
        files["data/pipeline.json"]["runs"] = []
        files["data/stats-24h.json"]["symbols"] = []
        files["data/macro.json"] |= {"series": [], "net_liquidity": {"unit": "USD", "points": []}}
        files["data/dashboard.json"] |= dict.fromkeys(
            ("market_bias", "volatility_regime", "pressure_pct", "breadth", "momentum_score", "note")
        )
        note = files["data/recommendations/latest.json"]
        note |= dict.fromkeys(("for_date", "published_at", "summary", "model", "label", "verified", "kind"))
        note |= {"recommendations": [], "facts": [], "dates": [], "comments": []}
        files["data/hypotheses.json"] |= {"hypotheses": [], "tries": 0}
        files["data/dashboard.json"] |= {"quotes": [], "vix": {"value": None, "date": None, "percentile": None}}

    page = open_page(changed_site(change))
    expect(page.locator(".state-error")).to_have_count(0)
    expect(page.locator("#track-record .state")).to_contain_text("no record to judge by")
    expect(page.locator("#recommendations .state")).to_have_text("No note is written yet.")
    expect(page.locator("#regions .state")).to_have_text("No nodes in this publication.")
    expect(page.locator("#hypotheses .state")).to_contain_text("None is written down yet")
    assert set(page.locator("#assets .pressure-row .number").all_inner_texts()) == {"\u2013"}
    expect(page.locator("#quality")).to_contain_text("Every expected bar is there")
    expect(page.locator('[data-tile="breadth"] .tile-value')).to_have_text("\u2013")


def test_unreadable_manifest_is_said_on_the_page(site: str, open_page: OpenPage) -> None:
    """Without the list of files nothing is shown, and the reader learns why."""
    routes = {"**/data/manifest.json": lambda route: route.fulfill(body="oops", content_type="application/json")}
    page = open_page(site, ready=False, routes=routes)
    expect(page.locator("#no-publication")).to_contain_text("data/manifest.json is not valid JSON")


def test_missing_charts_bundle_leaves_the_tables(site: str, open_page: OpenPage) -> None:
    """No charts, but their figures and everything else."""
    routes = {"**/vega.js": lambda route: route.fulfill(status=404)}
    page = open_page(site, allowed=("Failed to load resource",), ready=False, routes=routes)
    expect(page.locator("#price .chart")).to_contain_text("The chart could not be drawn")
    page.locator("#price .panel-body summary").click()
    expect(page.locator("#price tbody tr").nth(20)).to_be_attached()
    expect(page.locator("#regions .pressure-row").first).to_be_visible()


def test_charts_bundle_is_asked_for_after_the_page_stands(site: str, open_page: OpenPage) -> None:
    """The first paint waits for nothing of the 300 kB."""
    held: list[Route] = []
    routes = {"**/vega.js": lambda route: held.append(route)}
    page = open_page(site, routes=routes)
    expect(page.locator("#regions .pressure-row").first).to_be_visible()
    expect(page.locator(".tile").first).to_be_visible()
    page.wait_for_timeout(500)
    assert len(held) == 1
    held[0].continue_()
    charts_drawn(page)


def test_demo_site_says_so_and_cannot_be_told_not_to(changed_site: ChangedSite, open_page: OpenPage) -> None:
    """A banner without a button."""
    page = open_page(changed_site(demo=True))
    banner = page.locator("#demo-banner")
    expect(banner).to_contain_text("made-up numbers")
    expect(banner.locator("button, a, input")).to_have_count(0)


def test_real_site_has_no_demo_banner(site: str, open_page: OpenPage) -> None:
    """The banner means something only when it is not always there."""
    expect(open_page(site).locator("#demo-banner")).to_have_count(0)


@pytest.mark.parametrize(
    ("now", "told", "word"),
    [
        ("2026-11-20T11:40:00Z", "2 of 5 sources behind", "FRED: fresh, 15 h"),
        ("2026-11-21T00:00:00Z", "5 of 5 sources behind", "FRED: late, 27 h"),
        ("2026-12-20T00:00:00Z", "5 of 5 sources behind", "FRED: stale, 30 days"),
    ],
)
def test_age_is_judged_by_the_readers_clock(site: str, open_page: OpenPage, now: str, told: str, word: str) -> None:
    """The same files are fresh, late and stale as the clock moves on."""
    page = open_page(site, now=now)
    expect(page.locator(".as-of")).to_contain_text(told)
    expect(page.locator(".source-strip")).to_contain_text(word)


def test_source_without_a_due_time_is_never_called_fresh(changed_site: ChangedSite, open_page: OpenPage) -> None:
    """A stand-in is due only when it is needed: its age is told and not judged, and it hides no stopped job."""

    def change(_: dict[str, Any], manifest: dict[str, Any]) -> None:
        next(source for source in manifest["sources"] if source["name"] == "yahoo")["expected_next_at"] = None

    page = open_page(changed_site(change), now="2026-12-20T00:00:00Z")
    expect(page.locator(".source-strip")).to_contain_text("Yahoo chart: no due time, 30 days")
    expect(page.locator("#stopped-banner")).to_have_count(1)


def test_stopped_job_is_said_above_the_figures(site: str, open_page: OpenPage) -> None:
    """When every source is overdue, a banner says since when nothing came; on a fresh page there is none."""
    expect(open_page(site).locator("#stopped-banner")).to_have_count(0)
    expect(open_page(site, now="2026-12-20T00:00:00Z").locator("#stopped-banner")).to_contain_text(
        "Nothing new for 29 days"
    )


def test_hostile_strings_are_shown_as_text(changed_site: ChangedSite, open_page: OpenPage) -> None:
    """Markup, right-to-left marks, endless words and script addresses from outside stay text and break no layout."""
    markup = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>'
    turned = "abc\u202eevil\u2067"
    endless = "W" * 10_000

    def change(files: dict[str, Any], manifest: dict[str, Any]) -> None:
        note = files["data/recommendations/latest.json"]
        note |= {"summary": f"{markup} {turned} {endless}", "model": f"{markup}{endless}"}
        note["recommendations"][0] |= {
            "title": markup,
            "against": turned,
            "wrong_if": endless,
            "symbol": endless,
            "stance": markup,
        }
        note["facts"][0]["name"] = markup + endless
        files["data/sources.json"]["items"][0] |= {"title": markup, "why": endless}
        files["data/sources.json"]["sources"][0] |= {"terms_url": "javascript:window.hacked=1"}
        files["data/global-flow/1W.json"]["regions"][0]["node"] = markup
        files["data/pipeline.json"]["runs"][0]["details"] = {markup: endless}
        files["data/quality.json"]["checks"][3]["claim"] = turned + markup
        manifest["sources"][0]["title"] = markup + endless
        manifest["version"] = markup

    page = open_page(changed_site(change), width=390)
    expect(page.locator("#recommendations .summary")).to_contain_text('<img src=x onerror="window.hacked=1">')
    expect(page.locator("main img")).to_have_count(0)
    assert page.evaluate("window.hacked === undefined")
    assert page.locator("a").evaluate_all("links => links.filter(a => !/^https?:$/.test(a.protocol)).length") == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_page_in_one_file_opens_from_the_disk(tmp_path: Path, open_page: OpenPage) -> None:
    """file://, no network, its own policy: every panel and chart stands, and what ends a script stays text."""
    hostile = "</script><script>window.hacked=1</script><!--"

    def change(files: dict[str, Any], _: dict[str, Any]) -> None:
        files["data/recommendations/latest.json"]["summary"] = hostile

    folder = build(tmp_path / "site", change)
    files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    (tmp_path / "index.html").write_bytes(one_file(files))
    page = open_page(tmp_path.as_uri(), "#symbol=GLD")
    charts_drawn(page)
    expect(page.locator("#recommendations .summary")).to_have_text(hostile)
    expect(page.locator("#price .headline")).to_contain_text("GLD")
    expect(page.locator(".state-error, .state-loading, .boot-message")).to_have_count(0)
    expect(page.locator('.panel-foot a, .colophon a:not([href^="#"])')).to_have_count(0)
    assert page.evaluate("window.hacked === undefined")
    choose_window = page.locator("#regions").get_by_role("radio", name="1Y", exact=True)
    choose_window.check()
    expect(page.locator("#regions .panel-unit")).to_contain_text("1Y: 252 sessions")


def test_page_opened_from_the_disk_explains_itself(browser: Browser) -> None:
    """Browsers block modules on file://: the page says what to run instead of staying empty."""
    page = browser.new_page()
    page.goto(f"file://{DASHBOARD}/index.html")
    expect(page.locator("#opened-from-disk")).to_contain_text("mfo serve-static")
    page.close()
