"""What the page does beside showing panels: finds a symbol, explains figures, follows new publications."""

import json
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

from tests.dashboard.browsing import charts_drawn
from tests.dashboard.sample_site import artifacts, manifest

OpenPage = Callable[..., Page]
ChangedSite = Callable[..., str]


def test_a_symbol_is_found_by_the_beginning_of_its_ticker_or_a_word_of_its_name(site: str, open_page: OpenPage) -> None:
    """By keyboard alone; what is not there is said and changes nothing."""
    page = open_page(site)
    field = page.get_by_role("combobox", name="Find a symbol")
    for typed, symbol in (("gld", "GLD"), ("bitcoin", "BTCUSDT"), ("q", "QQQ")):
        field.fill(typed)
        field.press("Enter")
        expect(page.locator("#price .headline")).to_contain_text(symbol)
        expect(field).to_have_value("")
        assert f"symbol={symbol}" in page.url
    field.fill("nothing like it")
    field.press("Enter")
    assert field.evaluate("field => field.validationMessage") == "No such symbol"
    expect(page.locator("#price .headline")).to_contain_text("QQQ")
    assert page.evaluate("document.querySelector('#price .chart').tabIndex") == 0


def test_every_figure_is_defined_in_its_panel(site: str, open_page: OpenPage) -> None:
    """Title, field, unit and definition, read from the schema of the panel's own file, only when asked for."""
    page = open_page(site)
    for panel, told in (("price", "Wilder"), ("regions", "2 * Phi"), ("internals", "(advancers - decliners) / count")):
        page.locator(f"#{panel} .meanings summary").click()
        expect(page.locator(f"#{panel} .meanings tbody")).to_contain_text(told)
    expect(page.locator("#price .meanings tbody")).to_contain_text("bollinger_upper")
    expect(page.locator(".panel-foot .meanings")).to_have_count(15)


def test_an_open_page_shows_what_is_published_now(site: str, open_page: OpenPage) -> None:
    """Another manifest loads it anew with its choices; the same one, or none while offline, changes nothing."""
    page = open_page(site, "#symbol=GLD", allowed=("net::ERR_INTERNET_DISCONNECTED",))
    page.evaluate("window.isFirst = true")
    look = "document.dispatchEvent(new Event('visibilitychange'))"
    with page.expect_response("**/data/manifest.json"):
        page.evaluate(look)
    page.context.set_offline(True)
    with page.expect_event("requestfailed"):
        page.evaluate(look)
    page.context.set_offline(False)
    page.wait_for_timeout(100)
    assert page.evaluate("window.isFirst")
    expect(page.locator(".state-error")).to_have_count(0)
    newer = manifest(artifacts()) | {"published_at": "2026-11-20T12:00:00Z"}
    page.route("**/data/manifest.json", lambda route: route.fulfill(body=json.dumps(newer)))
    with page.expect_navigation():
        page.evaluate(look)
    page.locator("html[data-ready]").wait_for()
    expect(page.locator("#price .headline")).to_contain_text("GLD")
    charts_drawn(page)


def test_what_may_not_be_shown_is_said_in_its_place(changed_site: ChangedSite, open_page: OpenPage) -> None:
    """`--public`: the panel says why its rows are not there, and hostile words of a reason stay text."""
    said = "SPY: rows of yahoo may not be published again and were left out <b onclick=x>"

    def change(files: dict[str, Any], _: dict[str, Any]) -> None:
        candles = files["data/candles/SPY/1d.json"]
        candles["columns"] = {name: [] for name in candles["columns"]}
        candles["withheld"] = [said]

    page = open_page(changed_site(change))
    expect(page.locator("#price .state")).to_have_text(said)
    expect(page.locator("#price .panel-foot")).to_contain_text("1 left out of this public site")
    expect(page.locator(".state-error")).to_have_count(0)


def test_new_files_of_the_same_major_version_are_read_and_others_refused(
    changed_site: ChangedSite, open_page: OpenPage
) -> None:
    """1.7 with fields that this page never heard of is shown; 2.0 of one file breaks its panel, in words."""

    def change(files: dict[str, Any], listing: dict[str, Any]) -> None:
        for artifact in (*files.values(), listing):
            artifact |= {"schema_version": "1.7", "new_field": {"of": ["a", "later", 1]}}
            for value in [value for value in artifact.values() if isinstance(value, list)]:
                for row in value:
                    if isinstance(row, dict):
                        row["new_field"] = "later"
        files["data/correlations.json"]["schema_version"] = "2.0"

    page = open_page(changed_site(change))
    expect(page.locator("#correlations .state-error")).to_contain_text(
        "has the schema version 2.0, this page reads 1.x"
    )
    expect(page.locator(".state-error")).to_have_count(1)


def test_what_could_not_be_reached_is_asked_for_again(site: str, open_page: OpenPage) -> None:
    """A reader who was offline for a moment: the panel says so, and the same choice works once the network is back."""
    page = open_page(site, allowed=("Failed to load resource",))
    windows = page.locator("#regions")
    page.context.set_offline(True)
    windows.get_by_role("radio", name="3M", exact=True).check()
    expect(windows.locator(".state-error")).to_contain_text("could not be reached")
    page.context.set_offline(False)
    windows.get_by_role("radio", name="1M", exact=True).check()
    windows.get_by_role("radio", name="3M", exact=True).check()
    expect(windows.locator(".panel-unit")).to_contain_text("3M: 63 sessions")
    expect(windows.locator(".pressure-row").first).to_be_visible()
    expect(page.locator(".state-error")).to_have_count(0)
