"""The feed, the digest and its pictures: the artifacts' own figures, hostile words as text, nothing withheld."""

import hashlib
import json
import struct
from html.parser import HTMLParser
from typing import Any
from xml.etree import ElementTree as Xml

import pytest

from etl.errors import PictureFailed
from etl.site.feeds.atom import feed
from etl.site.feeds.digest import digest_files
from etl.site.feeds.digest_picture import pictures
from etl.site.publish.render import pngs
from tests.site.made import asked, known, made, marts

ATOM = "{http://www.w3.org/2005/Atom}"
HOSTILE = '</td><script>x()</script> **bold** | cell | [a](javascript:x) \u202ekcab <img onerror="x()"> & \x0b'


class Tags(HTMLParser):
    """Every start tag with its attributes, and all text."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.text = ""
        self.feed(page.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes.update(name for name, _ in attrs)

    def handle_data(self, data: str) -> None:
        self.text += data


def documents(public: bool = False, hostile: bool = False) -> dict[str, Any]:
    """The hand-made warehouse's documents; with hostile words in its newest note."""
    con = marts()
    if hostile:
        calls = json.dumps(
            [{"title": HOSTILE, "action": HOSTILE, "symbol": HOSTILE, "stance": "overweight", "facts": []}]
        )
        con.execute("update marts.daily_recommendations set summary = ?, recommendations = ?", [HOSTILE, calls])
    return {path: one.document for path, one in made(con, public).items()}


def context(public: bool = False, base_url: str | None = None) -> Any:
    """The context that goes with them."""
    return known(asked(marts()), public, base_url)


def test_the_feed_holds_every_note_newest_first_with_what_atom_asks_for() -> None:
    """An id that stays, an instant, an author, a link into the page for each; all addresses relative."""
    found = documents()
    days = [found[f"data/recommendations/{day}.json"] for day in ("2025-10-31", "2025-10-30")]
    root = Xml.fromstring(feed(days, context()))
    assert (root.tag, root.findtext(f"{ATOM}id")) == (f"{ATOM}feed", "urn:mfo:daily-notes")
    entries = root.findall(f"{ATOM}entry")
    assert [one.findtext(f"{ATOM}id") for one in entries] == [
        "urn:mfo:daily-notes:2025-10-31", "urn:mfo:daily-notes:2025-10-30",
    ]  # fmt: skip
    assert root.findtext(f"{ATOM}updated") == max(one.findtext(f"{ATOM}updated") or "" for one in entries)
    for entry, note in zip(entries, days, strict=True):
        assert entry.findtext(f"{ATOM}summary") == note["summary"]
        assert entry.findtext(f"{ATOM}author/{ATOM}name")
        link = entry.find(f"{ATOM}link")
        assert link is not None
        assert link.get("href") == f"index.html#note={note['for_date']}"
    assert all("//" not in (link.get("href") or "") for link in root.iter(f"{ATOM}link"))


def test_with_the_sites_address_feed_and_digest_name_whole_ones() -> None:
    """Feed readers and mail programs have no folder to look in; the ids of the entries stay what they were."""
    found, abroad = documents(), context(base_url="https://example.org/flows")
    days = [found["data/recommendations/2025-10-31.json"]]
    root, before = Xml.fromstring(feed(days, abroad)), Xml.fromstring(feed(days, context()))
    assert [link.get("href") for link in root.iter(f"{ATOM}link")] == [
        "https://example.org/flows/feed.xml",
        "https://example.org/flows/index.html",
        "https://example.org/flows/index.html#note=2025-10-31",
    ]
    assert [one.text for one in root.iter(f"{ATOM}id")] == [one.text for one in before.iter(f"{ATOM}id")]
    files = {path: body.decode() for path, body in digest_files(found, abroad).items()}
    assert '<img src="https://example.org/flows/digest.png"' in files["digest.html"]
    assert '<a href="https://example.org/flows/index.html">The page with all figures</a>' in files["digest.html"]
    assert "[The page with all figures](https://example.org/flows/index.html)" in files["digest.md"]
    assert all("The page with all" not in body.decode() for body in digest_files(found, context()).values())


def test_a_feed_without_notes_is_still_a_feed() -> None:
    """The first day: an id, a title, the instant of the publication, no entry."""
    root = Xml.fromstring(feed([], context()))
    assert root.findtext(f"{ATOM}updated") == "2025-11-01T03:43:10Z"
    assert root.findall(f"{ATOM}entry") == []


def test_the_digest_shows_the_figures_of_the_artifacts() -> None:
    """Tiles, pressure, the note with what speaks against it, the record; the same in both forms."""
    found = digest_files(documents(), context())
    text, page = found["digest.md"].decode(), Tags(found["digest.html"])
    for words in (
        "As of 1 Nov 2025, 09:13 IST", "VIX 17.50, percentile 60\u202f%", "does not yet show skill", "Wrong if",
        "China (FXI)", "+5.0", "\u221210.0", "not a record of money that moved",
        "Not investment advice", "alpha_vantage: ",
    ):  # fmt: skip
        assert words in text.replace("\\", ""), words
        assert words in page.text, words
    assert "**" not in text


def test_the_digest_needs_no_style_and_no_script() -> None:
    """Mail programs drop them and the site's policy refuses them: attributes of the elements alone."""
    page = Tags(digest_files(documents(), context())["digest.html"])
    assert not {"style", "script", "link", "iframe", "form"} & set(page.tags)
    assert not {name for name in page.attributes if name == "style" or name.startswith("on")}
    assert page.tags.count("img") == 1


def test_hostile_words_stay_text_in_every_form() -> None:
    """Markup, Markdown, tables' bars, direction marks and control characters of a note break out of nothing."""
    found = documents(hostile=True)
    files = digest_files(found, context())
    page = Tags(files["digest.html"])
    assert not {"script"} & set(page.tags)
    assert page.tags.count("img") == 1
    assert '</td><script>x()</script> **bold** | cell | [a](javascript:x) kcab <img onerror="x()"> &' in page.text
    text = files["digest.md"].decode()
    assert "\\*\\*bold\\*\\* \\| cell \\| \\[a\\](javascript:x) kcab" in text
    assert "<script" not in text.replace("\\<", "")
    root = Xml.fromstring(feed([found["data/recommendations/latest.json"]], context()))
    assert "<script>x()</script>" in (root.findtext(f"{ATOM}entry/{ATOM}summary") or "")
    for svg in pictures(found, context()).values():
        assert Xml.fromstring(svg).find(".//{http://www.w3.org/2000/svg}script") is None


def test_a_public_digest_tells_nothing_that_is_withheld() -> None:
    """Neither the closes of a source that forbids it nor the VIX, and it says what was left out."""
    found = documents(public=True)
    text = digest_files(found, context(public=True))["digest.md"].decode().replace("\\", "")
    assert "VIX \u2013" in text
    assert "17.5" not in text
    assert "SPY: rows of alpha_vantage may not be published again" in text
    assert "17.5" not in "".join(pictures(found, context(public=True)).values())


def test_pictures_are_drawn_at_the_size_that_sites_ask_for() -> None:
    """og-image.png is 1200 by 630; the digest's own is as wide and holds the calls."""
    drawings = pictures(documents(), context())
    drawn = pngs(drawings)
    assert {body[:8] for body in drawn.values()} == {b"\x89PNG\r\n\x1a\n"}
    assert struct.unpack(">II", drawn["og-image.png"][16:24]) == (1200, 630)
    assert struct.unpack(">II", drawn["digest.png"][16:24])[0] == 1200
    assert "Against: " in drawings["digest.png"]
    assert "As of 1 Nov 2025, 09:13 IST" in drawings["og-image.png"]


def test_pictures_are_the_same_bytes_whatever_fonts_the_machine_has() -> None:
    """Letters come from the font inside vl-convert: a word's known bytes (of the pinned 1.9.0) prove it anywhere."""
    words = '<text x="4" y="30" font-family="Liberation Sans" font-size="24" font-weight="700">Money \u25b2 1.5</text>'
    drawing = {"word": f'<svg xmlns="http://www.w3.org/2000/svg" width="200" height="40">{words}</svg>'}
    first = pngs(drawing)["word"]
    assert first == pngs(drawing)["word"]
    assert hashlib.sha256(first).hexdigest()[:16] == "664acc3271fb9dc0"


def test_a_drawing_that_is_none_is_one_line() -> None:
    """The library's own words, not its traceback."""
    with pytest.raises(PictureFailed, match=r"vl-convert failed: .*"):
        pngs({"broken": "<svg"})
