"""What the page tells of values that are not of today: their own date, and a mark on what is too old."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page, expect

from tests.dashboard.sample_site import artifacts

OpenPage = Callable[..., Page]
OLD = [
    {"name": "DGS2", "date": "2026-10-16", "age_days": 35},
    {"name": "net_liquidity", "date": "2026-11-18", "age_days": 2},
]
FRESH_SOURCES = {"status": "ok", "cadence_hours": 24, "expected_next_at": "2099-01-01T00:00:00Z"}


def with_old_values(files: dict[str, Any], manifest: dict[str, Any]) -> None:
    """A series and net liquidity are too old, though every source is on time."""
    files["data/macro.json"]["old"] = manifest["old"] = OLD
    for source in manifest["sources"]:
        source.update(FRESH_SOURCES)


def without_vix_and_quote(files: dict[str, Any], _: dict[str, Any]) -> None:
    """As the export writes what is too old for the session or the day."""
    board = files["data/dashboard.json"]
    board["volatility_regime"], board["vix"] = None, {"value": None, "date": "2026-07-20", "percentile": None}
    board["quotes"][0] |= {"close": None, "return_pct": None, "trade_date": "2026-11-02"}


@pytest.mark.parametrize("width", [390, 1440])
def test_an_old_series_is_marked_with_its_age_in_its_row(
    changed_site: Callable[..., str], open_page: OpenPage, width: int
) -> None:
    """Only what is old has the mark; the mark can be read as words, not by colour alone."""
    page = open_page(changed_site(with_old_values), width=width)
    rows = page.locator("#macro .series-list tbody tr")
    expect(rows.filter(has=page.locator(".old"))).to_have_count(1)
    row = rows.filter(has_text="DGS2")
    expect(row.locator(".old")).to_contain_text("35 days old")
    expect(row.locator("td", has=page.locator(".old"))).to_contain_text(" 2026")


def test_the_masthead_is_not_up_to_date_while_values_are_old(
    changed_site: Callable[..., str], open_page: OpenPage
) -> None:
    """Every source answers in time, and two values stand still: the first line says so."""
    page = open_page(changed_site(with_old_values))
    expect(page.locator(".as-of")).to_contain_text("Old values: 2")
    expect(page.locator(".as-of")).not_to_contain_text("Up to date")


def test_old_net_liquidity_is_no_figure_of_the_day(changed_site: Callable[..., str], open_page: OpenPage) -> None:
    """Its tile has a dash and its age; the panel keeps the line with the mark beside it."""
    page = open_page(changed_site(with_old_values))
    tile = page.locator('[data-tile="net-liquidity"]')
    expect(tile.locator(".tile-value")).to_have_text("\u2013")
    expect(tile.locator(".tile-note")).to_contain_text("2 days old")
    expect(page.locator("#macro .readout").first).to_contain_text("2 days old")


def test_tiles_of_values_that_are_too_old_say_since_when(changed_site: Callable[..., str], open_page: OpenPage) -> None:
    """No regime from the VIX of four months ago, no close of three weeks ago."""
    page = open_page(changed_site(without_vix_and_quote))
    expect(page.locator('[data-tile="regime"] .tile-note')).to_have_text("Last VIX: 20 Jul 2026")
    expect(page.locator('[data-tile="SPY"] .tile-note')).to_have_text("Last close: 2 Nov 2026")
    expect(page.locator('[data-tile="SPY"] .tile-value')).to_have_text("\u2013")


def test_every_tile_has_the_date_of_its_figure(site: str, open_page: OpenPage) -> None:
    """The session, the VIX's own day, net liquidity's Wednesday."""
    notes = open_page(site).locator(".tile-note").all_inner_texts()
    assert len(notes) == 7
    assert [note for note in notes if "Nov 2026" not in note] == []


@pytest.mark.parametrize("interval", ["1h", "1d"])
def test_the_headline_of_a_coin_is_the_last_bar_of_its_chart(site: str, open_page: OpenPage, interval: str) -> None:
    """One price on the panel: that of the hour with its hour, or of the UTC day with its day."""
    page = open_page(site, f"#symbol=BTCUSDT&interval={interval}&range=1W")
    columns = artifacts()[f"data/candles/BTCUSDT/{interval}.json"]["columns"]
    opened = datetime.fromtimestamp(columns["time"][-1], UTC)
    close = f"{columns['close'][-1]:,.2f}"
    headline = page.locator("#price .headline")
    expect(headline.locator(".headline-value")).to_have_text(close)
    expect(page.locator("#price .readout")).to_contain_text(f"C {close}")
    hour = opened.astimezone(ZoneInfo("Asia/Kolkata"))
    when = f"in the hour from {hour:%-d %b %Y, %H:%M}" if interval == "1h" else f"on {opened:%-d %b %Y}"
    expect(headline).to_contain_text(when)
