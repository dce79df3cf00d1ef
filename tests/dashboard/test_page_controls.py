"""Every control of the page, by mouse, by keyboard and by deep link."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.dashboard.browsing import charts_drawn
from tests.dashboard.sample_artifacts import ANCHOR
from tests.dashboard.sample_notes import WHY

OpenPage = Callable[..., Page]


def choose(page: Page, panel: str, legend: str, value: str) -> None:
    """Checks a radio of a panel by its group's name."""
    page.locator(panel).get_by_role("group", name=legend, exact=True).get_by_role(
        "radio", name=value, exact=True
    ).check()


@pytest.mark.parametrize("window", ["1D", "1M", "3M", "1Y"])
def test_window_changes_both_panels_of_pressure_and_the_address(site: str, open_page: OpenPage, window: str) -> None:
    """Regions and asset classes always show the same window."""
    page = open_page(site)
    choose(page, "#regions", "Window", window)
    for panel in ("#regions", "#assets"):
        expect(page.locator(f"{panel} .panel-unit")).to_contain_text(f"\u2212100 to 100, {window}:")
        expect(page.locator(f"{panel} input[value='{window}']")).to_be_checked()
    assert page.url.endswith(f"#window={window}")


def test_deep_link_sets_symbol_and_range(site: str, open_page: OpenPage) -> None:
    """What was sent to a colleague opens as it was seen."""
    page = open_page(site, "#symbol=GLD&range=1M")
    charts_drawn(page)
    expect(page.locator("#price .headline")).to_contain_text("GLD")
    expect(page.locator("#price select")).to_have_value("GLD")
    expect(page.locator("#price input[value='1M']")).to_be_checked()
    expect(page.locator("#price .panel-body summary")).to_contain_text("23 bars")


def test_deep_link_with_unknown_values_falls_back_to_the_defaults(site: str, open_page: OpenPage) -> None:
    """An address made up by hand breaks nothing."""
    page = open_page(site, "#symbol=../../etc&range=9Z&window=<b>&days=7&interval=1h")
    expect(page.locator("#price .headline")).to_contain_text("SPY")
    expect(page.locator("#price input[value='6M']")).to_be_checked()
    expect(page.locator("#regions input[value='1W']")).to_be_checked()
    expect(page.locator(".state-error")).to_have_count(0)


def test_changed_address_redraws_the_page_without_a_reload(site: str, open_page: OpenPage) -> None:
    """Pasting another deep link into the same tab works, and back again."""
    page = open_page(site, "#symbol=GLD")
    page.evaluate("window.location.hash = '#symbol=TLT&window=1Y'")
    expect(page.locator("#price .headline")).to_contain_text("TLT")
    expect(page.locator("#regions .panel-unit")).to_contain_text("1Y: 252 sessions")


def test_symbol_select_and_intervals_follow_the_files(site: str, open_page: OpenPage) -> None:
    """Hourly candles are offered only where there are any; choosing them shows instants."""
    page = open_page(site)
    hourly = page.locator("#price input[value='1h']")
    expect(hourly).to_be_disabled()
    page.locator("#price select").select_option("BTCUSDT")
    expect(page.locator("#price .headline")).to_contain_text("BTCUSDT")
    expect(hourly).to_be_enabled()
    choose(page, "#price", "Interval", "1h")
    choose(page, "#price", "Range", "1W")
    expect(page.locator("#price .panel-body summary")).to_contain_text("168 bars")
    expect(page.locator("#price .readout strong")).to_have_text("20 Nov 2026, 15:30")
    assert "symbol=BTCUSDT" in page.url
    assert "interval=1h" in page.url


@pytest.mark.parametrize(("days", "shown"), [("30", "last 30 common dates"), ("252", "last 252 common dates")])
def test_days_of_the_correlations_can_be_changed(site: str, open_page: OpenPage, days: str, shown: str) -> None:
    """The unit line follows the choice."""
    page = open_page(site)
    choose(page, "#correlations", "Days", f"{days} d")
    expect(page.locator("#correlations .panel-unit")).to_contain_text(shown)


def test_macro_series_book_and_note_can_be_chosen(site: str, open_page: OpenPage) -> None:
    """Three selects, each redrawing its own panel."""
    page = open_page(site)
    page.locator("#macro select").select_option("UNRATE")
    expect(page.locator("#macro summary", has_text="UNRATE")).to_be_visible()
    page.locator("#order-book select").select_option("ETHUSDT")
    expect(page.locator("#order-book .facts-grid")).to_contain_text("3,100.00")
    page.locator("#recommendations select").select_option(index=1)
    expect(page.locator("#recommendations .badges")).to_contain_text("Written by rules")
    expect(page.locator("#recommendations")).to_contain_text(f"By rules, because {WHY}")
    expect(page.locator("#recommendations")).to_contain_text("Recommendations by gpt-6-luna")
    expect(page.locator("#recommendations .call")).to_have_count(2)


def test_theme_is_chosen_kept_and_returned_to_the_system(site: str, open_page: OpenPage) -> None:
    """Dark stays dark after a reload; auto follows the system again."""
    page = open_page(site)
    root = page.locator("html")
    expect(root).to_have_attribute("data-theme", "light")
    page.get_by_role("radio", name="Dark").check()
    expect(root).to_have_attribute("data-theme", "dark")
    page.reload()
    page.locator("html[data-ready]").wait_for()
    expect(root).to_have_attribute("data-theme", "dark")
    expect(page.get_by_role("radio", name="Dark")).to_be_checked()
    page.get_by_role("radio", name="Auto").check()
    expect(root).to_have_attribute("data-theme", "light")
    page.emulate_media(color_scheme="dark")
    expect(root).to_have_attribute("data-theme", "dark")


def test_arrow_keys_walk_windows_and_bars(site: str, open_page: OpenPage) -> None:
    """Without a mouse: the radios and the price chart's readout."""
    page = open_page(site)
    charts_drawn(page)
    page.locator("#regions input[value='1W']").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#regions .panel-unit")).to_contain_text("1M: 21 sessions")

    chart = page.locator("#price .chart")
    chart.focus()
    date = page.locator("#price .readout strong")
    newest = date.inner_text()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    expect(date).not_to_have_text(newest)
    page.keyboard.press("End")
    expect(date).to_have_text(newest)


def test_pointer_reads_bars_and_the_wheel_scrolls_the_page(site: str, open_page: OpenPage) -> None:
    """A crosshair under the pointer; plain wheel is never taken from the page."""
    page = open_page(site)
    charts_drawn(page)
    chart = page.locator("#price .chart")
    chart.scroll_into_view_if_needed()
    box = chart.bounding_box()
    assert box is not None
    newest = page.locator("#price .readout strong").inner_text()
    page.mouse.move(box["x"] + 120, box["y"] + 100)
    expect(page.locator("#price .readout strong")).not_to_have_text(newest)
    before = page.evaluate("window.scrollY")
    page.mouse.wheel(0, 300)
    page.locator("#price").evaluate("() => new Promise((done) => setTimeout(done, 400))")
    assert page.evaluate("window.scrollY") > before


def test_skip_link_is_first_and_leads_to_the_figures(site: str, open_page: OpenPage) -> None:
    """The first Tab offers the way past the masthead."""
    page = open_page(site)
    page.keyboard.press("Tab")
    expect(page.locator(".skip-link")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


def test_list_of_panels_leads_to_each_and_keeps_the_choices(site: str, open_page: OpenPage) -> None:
    """A plain anchor moves the page and changes no choice."""
    page = open_page(site, "#symbol=TLT")
    page.get_by_role("navigation", name="Panels").get_by_role("link", name="Correlations").click()
    expect(page.locator("#correlations")).to_be_in_viewport()
    expect(page.locator("#price .headline")).to_contain_text("TLT")


def test_charts_follow_the_width_of_the_window(site: str, open_page: OpenPage) -> None:
    """A resized window redraws, and its crosshair still works."""
    page = open_page(site)
    charts_drawn(page)
    before = page.locator("#price .chart svg").get_attribute("width") or ""
    page.set_viewport_size({"width": 700, "height": 900})
    expect(page.locator("#price .chart svg")).not_to_have_attribute("width", before, timeout=10000)
    page.locator("#price .chart").focus()
    page.keyboard.press("Home")
    expect(page.locator("#price .readout strong")).not_to_contain_text(ANCHOR.strftime("%b %Y"))
