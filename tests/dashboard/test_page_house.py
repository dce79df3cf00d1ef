"""Rules for the page's own sources, without a browser: what they may contain, how large they are, that specs draw."""

import gzip
import json
import re
from pathlib import Path

import pytest
import vl_convert

from tests.dashboard.sample_artifacts import EQUITIES, columns
from tests.dashboard.sample_pictures import books, internals
from tests.dashboard.sample_site import DASHBOARD

SOURCES = sorted(path for path in DASHBOARD.rglob("*") if path.is_file())
CODE = [path for path in SOURCES if path.suffix in {".js", ".html", ".css", ".svg"}]
SPECS = sorted((DASHBOARD / "specs").glob("*.json"))
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'"
)


EXPORTED = {"feed.xml", "og-image.png"}  # made by the export, beside the page


def name(path: Path) -> str:
    """A path as the reader knows it."""
    return path.relative_to(DASHBOARD).as_posix()


@pytest.mark.parametrize(
    "banned",
    [
        r"\b(inner|outer)HTML\b",
        r"insertAdjacentHTML|document\.write|createContextualFragment|DOMParser",
        r"\beval\(|new Function\(",
        r"\bstyle\s*=|[\"']style[\"']|\.style\b|cssText",
        r"\son\w+\s*=\s*[\"']",
        r"@import|url\(",
    ],
)
def test_sources_hold_no_markup_strings_inline_styles_or_handlers(banned: str) -> None:
    """Text becomes text nodes and colours become classes; a strict policy would block the rest anyway."""
    assert [f"{name(path)}: {hit[0]}" for path in CODE for hit in [re.search(banned, path.read_text())] if hit] == []


def test_sources_name_no_address_of_a_third_party() -> None:
    """Nothing is fetched from elsewhere; SVG's namespace is a name."""
    hits = [
        (name(path), url)
        for path in SOURCES
        for url in re.findall(r"(?:https?:)?//[\w.-]+\.\w+[^\s\"'<]*", path.read_text())
        if not url.startswith("http://www.w3.org/2000/svg")
    ]
    assert hits == []


def test_page_has_one_strict_policy_and_no_inline_code() -> None:
    """The policy is the product's word for word; scripts and styles are files."""
    page = (DASHBOARD / "index.html").read_text()
    assert f'content="{POLICY}"' in page
    assert re.findall(r"<script(?![^>]*\bsrc=)", page) == []
    assert "<style" not in page


def test_every_address_of_the_page_is_relative() -> None:
    """The folder works under any path of a server."""
    page = (DASHBOARD / "index.html").read_text()
    addresses = re.findall(r'(?:src=|href=|og:image" content=)"([^"]+)"', page)
    assert [address for address in addresses if address.startswith(("/", "http"))] == []
    here = [a for a in addresses if not a.startswith(("#", "data/")) and a not in EXPORTED]
    missing = [address for address in here if not (DASHBOARD / address).is_file()]
    assert missing == []


def test_colours_stand_in_one_file() -> None:
    """Only tokens.css knows colours; the specs' light defaults are for `mfo chart`, and the theme script sets none."""
    pattern = re.compile(r"#[0-9a-fA-F]{3,8}\b(?![\w-])|\brgba?\(|\bhsla?\(")
    others = [path for path in CODE if path.suffix in {".css", ".js"} and path.name != "tokens.css"]
    assert [(name(path), hit) for path in others for hit in pattern.findall(path.read_text())] == []


def test_spec_colours_are_the_light_themes() -> None:
    """A chart without a browser looks like the page: each `<name>_colour` equals --<name> of the light theme."""
    light = (DASHBOARD / "tokens.css").read_text().split('[data-theme="dark"]')[0]
    for spec in SPECS:
        for param in json.loads(spec.read_text())["params"]:
            if param["name"].endswith("_colour"):
                variable = param["name"].removesuffix("_colour").replace("_", "-")
                assert f"--{variable}: {param['value']};" in light, f"{spec.name}: {param['name']}"


def test_files_are_small_and_the_page_is_light() -> None:
    """No file above 300 lines, and at most 60 kB over the wire before the charts' bundle."""
    assert [name(path) for path in SOURCES if len(path.read_text().splitlines()) > 300] == []
    weight = sum(len(gzip.compress(path.read_bytes(), 9)) for path in SOURCES if path not in SPECS)  # come with charts
    assert weight < 60_000


def test_every_module_and_stylesheet_says_why_it_is_there() -> None:
    """The first line of code files is a comment in words."""
    assert [
        name(path) for path in CODE if path.suffix in {".js", ".css"} and not path.read_text().startswith(("//", "/*"))
    ] == []


def test_every_module_is_reached_from_the_page() -> None:
    """No file is carried along that nothing loads."""
    text = "\n".join(path.read_text() for path in CODE)
    assert [
        name(path)
        for path in SOURCES
        if path.suffix in {".js", ".css"} and not re.search(rf"[\"'/]{re.escape(path.name)}[\"']", text)
    ] == []


def _rows(spec: str) -> list[dict[str, object]]:
    if spec == "price":
        candles = columns("SPY", "1d", EQUITIES["SPY"][1])
        return [{key: values[i] for key, values in candles.items()} for i in range(250, 400)]
    if spec == "internals":
        history: list[dict[str, object]] = internals()["data/internals.json"]["history"]
        return history
    if spec == "depth":
        book = books()["data/order-book/BTCUSDT.json"]
        return [
            {"side": side, "price": p, "quantity": q}
            for side, levels in (("bid", book["bids"]), ("ask", book["asks"]))
            for p, q in levels
        ]
    return [{"date": "2026-11-18", "value": 1.0}, {"date": "2026-11-19", "value": 2.0}]


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_specs_draw_without_a_browser(path: Path) -> None:
    """`mfo chart` gives a spec its rows under the same name and draws it with vl-convert."""
    spec = json.loads(path.read_text())
    spec["datasets"] = {"rows": _rows(path.stem)}
    picture = vl_convert.vegalite_to_svg(spec)
    assert picture.startswith("<svg")
    assert "NaN" not in picture
