"""Readable by everybody: axe, contrast by arithmetic, widths, themes, calm layout, paper."""

import json
import re
from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.dashboard.browsing import charts_drawn
from tests.dashboard.sample_site import DASHBOARD

OpenPage = Callable[..., Page]
WIDTHS = (390, 820, 1440, 1920)

TEXT_PAIRS = [
    (text, ground) for text in ("text", "quiet", "accent", "up", "down") for ground in ("page", "surface", "sunken")
]
TEXT_PAIRS += [(name, f"{name}-soft") for name in ("good", "warn", "bad", "idle")] + [("on-accent", "accent")]
TEXT_PAIRS += [("text", f"r-{step}") for step in ("n5", "n4", "n3", "n2", "n1", "0", "p1", "p2", "p3", "p4", "p5")]
# What is not text needs 3:1 (WCAG 1.4.11).
MARK_PAIRS = [(name, "surface") for name in ("up", "down", "series-1", "series-2", "line-strong", "band-line")]


def colours(theme: str) -> dict[str, tuple[float, float, float]]:
    """The colour variables of a theme as numbers from 0 to 1."""
    block = re.search(rf'data-theme="{theme}"\] \{{(.*?)\n\}}', (DASHBOARD / "tokens.css").read_text(), re.S)
    assert block is not None
    found = re.findall(r"--([\w-]+): #([0-9a-f]{6});", block[1])
    return {name: (int(hex_[:2], 16) / 255, int(hex_[2:4], 16) / 255, int(hex_[4:], 16) / 255) for name, hex_ in found}


def luminance(colour: tuple[float, float, float]) -> float:
    """WCAG's relative luminance."""
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: tuple[float, float, float], other: tuple[float, float, float]) -> float:
    """WCAG's contrast ratio, 1 to 21."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_colour_pairs_have_enough_contrast(theme: str) -> None:
    """4.5:1 for text, 3:1 for marks; axe does not judge SVG, arithmetic does."""
    palette = colours(theme)
    ratios = [(f"{a} on {b}", contrast(palette[a], palette[b]), 4.5) for a, b in TEXT_PAIRS]
    ratios += [(f"{a} on {b}", contrast(palette[a], palette[b]), 3.0) for a, b in MARK_PAIRS]
    assert [(name, round(ratio, 2)) for name, ratio, least in ratios if ratio < least] == []


def test_both_themes_name_the_same_colours() -> None:
    """A colour that only one theme knows would vanish in the other."""
    assert set(colours("light")) == set(colours("dark"))


@pytest.mark.parametrize(
    ("width", "theme"),
    [
        *((390, "light"), (1440, "dark")),  # a phone and a desk, each theme once; all of them in `make soak`
        *(pytest.param(*seen, marks=pytest.mark.soak) for seen in ((390, "dark"), (1440, "light"))),
        *(pytest.param(w, theme, marks=pytest.mark.soak) for w in (820, 1920) for theme in ("light", "dark")),
    ],
)
def test_axe_finds_no_violation(site: str, open_page: OpenPage, width: int, theme: str) -> None:
    """Of the whole page, with tables opened and charts drawn; of one month, as more rows of a kind only take time."""
    page = open_page(site, "#range=1M", width=width, theme=theme)
    charts_drawn(page)
    for summary in page.locator(".panel-body summary, #price .meanings summary").all():
        summary.click()
    results = Axe().run(page).response
    found = [(rule["id"], [node["html"][:200] for node in rule["nodes"][:3]]) for rule in results["violations"]]
    assert found == [], json.dumps(found, indent=1)


@pytest.mark.parametrize("width", WIDTHS)
def test_page_fits_its_window(site: str, open_page: OpenPage, width: int) -> None:
    """Nothing makes the page wider than its window, and no panel's content leaves the panel, tables opened."""
    page = open_page(site, width=width)
    charts_drawn(page)
    for summary in page.locator("#regions .panel-body summary, #assets .panel-body summary").all():
        summary.click()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    out = page.evaluate(
        """() => [...document.querySelectorAll('.panel')].flatMap((panel) => {
            const edge = panel.getBoundingClientRect().right + 0.5;
            return [...panel.querySelectorAll('*')].filter((e) => e.getBoundingClientRect().right > edge)
              .filter((e) => !e.closest('.table-box, .chart, .for-ears'))
              .map((e) => panel.id + ' ' + e.tagName + ' ' + e.className);
        })"""
    )
    assert out == []


@pytest.mark.parametrize("width", [390, 1440])
def test_nothing_moves_while_the_page_loads(site: str, open_page: OpenPage, width: int) -> None:
    """Cumulative layout shift stays below a hundredth, charts included."""
    page = open_page(site, width=width)
    charts_drawn(page)
    page.wait_for_timeout(300)
    assert page.evaluate("window.layoutShift") < 0.01


def test_tables_become_stacked_rows_on_a_phone(site: str, open_page: OpenPage) -> None:
    """Each cell carries its column's name there, and roles keep the table a table."""
    page = open_page(site, width=390)
    cell = page.locator("#stats-24h tbody td").first
    assert cell.evaluate("cell => getComputedStyle(cell, '::before').content") == '"Price"'
    expect(page.locator("#stats-24h").get_by_role("row")).to_have_count(4)
    expect(page.get_by_role("list", name="Sources and the age").locator("li:visible")).to_have_count(6)
    expect(page.get_by_role("link", name="2 more, not in use")).to_be_visible()
    wide = open_page(site, width=1440)
    assert wide.locator("#stats-24h tbody td").first.evaluate("cell => getComputedStyle(cell).display") == "table-cell"


def test_motion_is_off_for_who_asks_for_it(site: str, open_page: OpenPage) -> None:
    """No smooth scrolling, and no animation at all."""
    page = open_page(site, reduced_motion="reduce")
    assert page.evaluate("getComputedStyle(document.documentElement).scrollBehavior") == "auto"
    assert not any(re.search(r"animation|transition|@keyframes", path.read_text()) for path in DASHBOARD.glob("*.css"))


def test_paper_is_light_and_without_controls(site: str, open_page: OpenPage) -> None:
    """Printing from the dark theme gives the light one, full width, without radios."""
    page = open_page(site, theme="dark")
    charts_drawn(page)
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    expect(page.locator("#regions .controls")).to_be_hidden()
    widths = page.locator("#regions, #assets").evaluate_all(
        "panels => panels.map(panel => Math.round(panel.getBoundingClientRect().width))"
    )
    assert widths[0] == widths[1]
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_paper_has_no_grid_whose_rows_a_page_could_cut(site: str, open_page: OpenPage) -> None:
    """Rows of a grid do not grow where a page ends in them: comments and feet of panels were cut off so."""
    page = open_page(site)
    page.emulate_media(media="print")
    around = page.locator(".panels, .panel:not(.tiles), .calls, .comments ol")
    assert set(around.evaluate_all("boxes => boxes.map(box => getComputedStyle(box).display)")) == {"block"}
    assert page.locator("#macro thead th").first.evaluate("head => getComputedStyle(head).position") == "static"


def test_times_are_shown_in_the_publications_zone(site: str, open_page: OpenPage) -> None:
    """The manifest's zone, with the UTC instant beside it for who needs it."""
    page = open_page(site, timezone_id="America/New_York")
    when = page.locator(".as-of time")
    expect(when).to_contain_text("20 Nov 2026, 17:02")
    expect(when).to_have_attribute("title", "2026-11-20 11:32 UTC")
