"""
The day as a picture: og-image.svg for links that are shared and digest.svg for mail, drawn as PNG by the export.

The fonts are those that vl-convert carries, so that the same day is the same picture on every machine.
"""

from collections.abc import Mapping
from html import escape
from typing import Any

from etl.site.feeds.digest import WEEK, Documents, Figure, figures
from etl.site.schema.format import capital, instant, number, plain
from etl.site.schema.site_context import SiteContext

FONT = "Liberation Sans"  # inside vl-convert; the machine's own fonts are not looked at
WIDTH, EDGE, GAP = 1200, 48, 16
# the light theme of dashboard/tokens.css
PAGE, SURFACE, LINE, TEXT, QUIET = "#f3f4f6", "#ffffff", "#dce2e8", "#16202b", "#4b5a69"
UP, DOWN, UP_SOFT, ACCENT, WARN, WARN_SOFT = "#0c7565", "#ab3413", "#bfe0d8", "#0b5a8e", "#7a4d00", "#fdf0d5"
_METHOD = "Buying pressure is estimated from prices and volumes; it is not a record of money that moved."
_STANCES = {"overweight": ("\u25b2", UP), "underweight": ("\u25bc", DOWN)}
_AVERAGE = 0.52  # width of a letter of this font, in its size


def pictures(documents: Documents, context: SiteContext) -> dict[str, str]:
    """SVG by the path of the PNG that is made of it."""
    tiles = figures(documents)
    few = [one for one in tiles if one[0] not in ("Buying pressure", "Breadth")][:4]
    return {"og-image.png": _sheet(documents, context, few, 0), "digest.png": _sheet(documents, context, tiles, 3)}


def _text(
    x: float, y: float, size: int, words: str, fill: str = TEXT, bold: bool = False, end: bool = False, room: float = 0
) -> str:
    if room and len(words) > (most := int(room / (size * _AVERAGE))):
        words = words[: most - 1].rstrip() + "\u2026"
    anchor = ' text-anchor="end"' if end else ""
    weight = ' font-weight="700"' if bold else ""
    return f'<text x="{x:g}" y="{y:g}" font-size="{size}" fill="{fill}"{weight}{anchor}>{escape(words)}</text>'


def _box(x: float, y: float, width: float, height: float, fill: str = SURFACE, stroke: str = LINE) -> str:
    edge = f'rx="8" fill="{fill}" stroke="{stroke}"'
    return f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" {edge}/>'


def _sheet(documents: Documents, context: SiteContext, tiles: list[Figure], calls: int) -> str:
    parts, y = _head(context), 112.0
    for first in range(0, len(tiles), 4):
        row = tiles[first : first + 4]
        width = (WIDTH - 2 * EDGE - GAP * (len(row) - 1)) / len(row)
        for place, tile in enumerate(row):
            parts += _tile(EDGE + place * (width + GAP), y, width, tile)
        y += 132
    half = (WIDTH - 2 * EDGE - GAP) / 2
    pictured = (("global-flow", "regions", "Regions"), ("asset-flow", "asset_classes", "Asset classes"))
    for place, (folder, key, title) in enumerate(pictured):
        nodes = documents[f"data/{folder}/{WEEK}.json"][key]
        parts += _bars(EDGE + place * (half + GAP), y, half, f"{title}: buying pressure, a week", nodes[:5])
    y += 316
    for call in documents["data/recommendations/latest.json"]["recommendations"][:calls]:
        parts += _call(y, call)
        y += 84
    parts.append(_text(EDGE, y + 26, 17, _METHOD, QUIET))
    parts.append(_text(WIDTH - EDGE, y + 26, 17, "Not investment advice.", QUIET, end=True))
    height = max(630, y + 54)  # what sites that show links cut to
    ground = f'<rect width="{WIDTH}" height="{height:g}" fill="{PAGE}"/>'
    size = f'width="{WIDTH}" height="{height:g}" viewBox="0 0 {WIDTH} {height:g}"'
    body = f'<g font-family="{FONT}">{"".join(parts)}</g>'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{ground}{body}</svg>'


def _head(context: SiteContext) -> list[str]:
    parts = [_text(EDGE, 78, 38, "Money Flow Observatory", bold=True)]
    marks = "Demo: made-up numbers" if context.demo else "Reconstructed" if context.reconstructed else ""
    if marks:
        parts += [_box(530, 46, 280, 42, WARN_SOFT, WARN), _text(548, 74, 20, marks, WARN, bold=True)]
    return [*parts, _text(WIDTH - EDGE, 75, 20, f"As of {instant(context.as_of, context.timezone)}", QUIET, end=True)]


def _tile(x: float, y: float, width: float, tile: Figure) -> list[str]:
    label, value, note, date = tile
    tone = DOWN if note.startswith("\u2212") else UP if note.startswith("+") else QUIET
    return [
        _box(x, y, width, 116),
        _text(x + 18, y + 32, 19, label, QUIET),
        _text(x + 18, y + 70, 34, value, bold=True, room=width - 36),
        _text(x + width - 18, y + 68, 14, date, QUIET, end=True),
        _text(x + 18, y + 98, 17, note, tone, room=width - 30),
    ]


def _bars(x: float, y: float, width: float, title: str, nodes: list[Mapping[str, Any]]) -> list[str]:
    parts = [_box(x, y, width, 300), _text(x + 18, y + 36, 20, title, bold=True)]
    largest = max((abs(node["pressure_pct"] or 0) for node in nodes), default=0) or 1
    middle, room = x + 280, 125
    for place, node in enumerate(nodes):
        top, value = y + 60 + place * 46, node["pressure_pct"]
        parts.append(_text(x + 18, top + 24, 19, plain(node["node"]), room=130))
        parts.append(_text(x + width - 18, top + 24, 19, number(value, 1, signed=True), bold=True, end=True))
        length = room * abs(value or 0) / largest
        fill, left = (DOWN, middle - length) if (value or 0) < 0 else (UP_SOFT, middle)
        stroke = DOWN if fill == DOWN else UP
        bar = f'y="{top + 5:g}" width="{length:.1f}" height="26" fill="{fill}" stroke="{stroke}"'
        parts.append(f'<rect x="{left:.1f}" {bar}/>')
    return [*parts, f'<path d="M{middle:g} {y + 56:g}V{y + 286:g}" stroke="{QUIET}"/>']


def _call(y: float, call: Mapping[str, Any]) -> list[str]:
    shape, tone = _STANCES.get(call["stance"], ("\u25a0", QUIET))
    head = f"{shape} {capital(call['stance'])} {plain(call['symbol'])}"
    against = f"Against: {plain(call['against'])}"
    room = WIDTH - 2 * EDGE - 36
    return [
        _box(EDGE, y, WIDTH - 2 * EDGE, 72),
        _text(EDGE + 18, y + 30, 20, head, tone, bold=True, room=270),
        _text(EDGE + 310, y + 30, 20, f"{plain(call['title'])}, {call['horizon']} sessions", room=room - 300),
        _text(EDGE + 18, y + 56, 17, against, QUIET, room=room),
    ]
