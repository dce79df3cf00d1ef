"""What analysts say, on the page: comments beside their note, hypotheses with every try; all of it is outside text."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

OpenPage = Callable[..., Page]
ChangedSite = Callable[..., str]


def test_comments_stand_beside_their_note_and_change_with_it(site: str, open_page: OpenPage) -> None:
    """Author, time and words of each, oldest first; a note without one says how to write one."""
    page = open_page(site)
    comments = page.locator("#recommendations .comments")
    expect(comments.locator("h3")).to_contain_text("2 comments")
    expect(comments.locator("li")).to_have_text([re.compile("^Asha20 Nov 2026"), re.compile("^Ravi20 Nov 2026")])
    expect(comments.locator("li").last).to_contain_text("I would wait.")
    page.get_by_label("Note of").select_option(index=1)
    expect(comments).to_have_count(0)
    expect(page.locator("#recommendations")).to_contain_text("mfo comment 2026-11-18")


def test_hypotheses_show_their_edge_by_period_and_how_many_were_tried(site: str, open_page: OpenPage) -> None:
    """Condition, edge with its interval and its words; one without a test says so and has no figure."""
    page = open_page(site)
    panel = page.locator("#hypotheses")
    rows = panel.locator("table").first.locator("tbody tr")
    expect(rows.first).to_contain_text("not tested yet")
    expect(rows.last).to_contain_text("rsi14 < 30")
    expect(rows.last).to_contain_text("+0.32\u202f%")
    expect(rows.last).to_contain_text("\u22120.02\u202f% to +0.66\u202f%")
    expect(panel).to_contain_text("1 condition tried so far")
    panel.locator("summary", has_text="In discovery").click()
    expect(panel.locator("details[open] tbody tr")).to_have_count(4)
    expect(panel.locator("details[open]")).to_contain_text("Since written down")


def test_a_publication_of_before_comments_and_hypotheses_is_still_read(
    changed_site: ChangedSite, open_page: OpenPage
) -> None:
    """Fields are only added within a major version: a new page reads old files, too."""

    def change(files: dict[str, Any], manifest: dict[str, Any]) -> None:
        for path in [path for path in files if path.startswith("data/recommendations/")]:
            files[path].pop("comments")
        del files["data/hypotheses.json"]
        manifest["artifacts"] = [entry for entry in manifest["artifacts"] if entry["path"] in files]

    page = open_page(changed_site(change))
    expect(page.locator("#recommendations")).to_contain_text("No comment on this note")
    expect(page.locator("#hypotheses .state")).to_contain_text("not part of this publication")
    expect(page.locator(".state-error")).to_have_count(0)


@pytest.mark.parametrize("width", [390, 1440])
def test_hostile_comments_and_conditions_are_shown_as_text(
    changed_site: ChangedSite, open_page: OpenPage, width: int
) -> None:
    """Markup, right-to-left marks and endless words of an analyst or of whoever wrote into the desk's chat."""
    markup = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>'
    turned, endless = "abc\u202eevil\u2067", "W" * 10_000

    def change(files: dict[str, Any], _: dict[str, Any]) -> None:
        comment = {"author": markup + endless, "text": f"{turned} {markup} {endless}", "written_at": "never"}
        files["data/recommendations/latest.json"]["comments"] = [comment]
        tested = files["data/hypotheses.json"]["hypotheses"][1]
        tested |= {"name": endless, "condition": markup + endless, "author": turned, "words": markup}
        tested["periods"][0]["period"] = markup
        tested["warning"] = markup + endless

    page = open_page(changed_site(change), width=width)
    expect(page.locator("#recommendations .comment-text")).to_contain_text(markup)
    expect(page.locator("#hypotheses .condition").last).to_contain_text(markup)
    page.locator("#hypotheses summary", has_text="In discovery").click()
    expect(page.locator("main img")).to_have_count(0)
    expect(page.locator("#hypotheses details[open]")).to_contain_text(markup)
    assert page.evaluate("window.hacked === undefined")
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_public_site_says_in_its_place_what_it_leaves_out(changed_site: ChangedSite, open_page: OpenPage) -> None:
    """Not "none is written down" and not "no levels": there are some, and they are not for everyone."""

    def change(files: dict[str, Any], _: dict[str, Any]) -> None:
        files["data/hypotheses.json"] |= {"hypotheses": [], "tries": None, "withheld": ["hypotheses <b>are</b> ours"]}
        book = files["data/order-book/BTCUSDT.json"]
        book |= {"bids": [], "asks": [], "taken_at": None, "withheld": ["BTCUSDT: its rows were left out"]}
        files["data/stats-24h.json"] |= {"symbols": [], "withheld": ["BTCUSDT: not for all", "ETHUSDT: not for all"]}
        files["data/recommendations/latest.json"] |= {"comments": [], "withheld": ["what analysts say was left out"]}

    page = open_page(changed_site(change))
    expect(page.locator("#hypotheses .state")).to_have_text("hypotheses <b>are</b> ours")
    expect(page.locator("#order-book .state")).to_have_text("BTCUSDT: its rows were left out")
    expect(page.locator("#order-book .panel-unit")).not_to_contain_text("old")
    expect(page.locator("#stats-24h .state")).to_contain_text("ETHUSDT: not for all")
    expect(page.locator("#stats-24h")).to_contain_text("Last 60 minutes")
    expect(page.locator("#recommendations")).not_to_contain_text("No comment on this note")
    expect(page.locator("#recommendations .panel-foot")).to_contain_text("1 left out of this public site")
