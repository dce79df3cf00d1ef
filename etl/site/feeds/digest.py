"""
The day on one sheet, for mail: digest.md and digest.html, from the documents of the artifacts and nothing else.

digest.html uses attributes and <font>, and no style: mail programs drop style sheets, and the site's own policy
refuses inline ones. Words of a source or a model are escaped in both.
"""

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from etl.site.artifacts.recommendations import written_by
from etl.site.schema.format import NONE, capital, day, instant, number, percent, plain, price, usd
from etl.site.schema.site_context import SiteContext

Documents = Mapping[str, Mapping[str, Any]]
Figure = tuple[str, str, str, str]
WEEK = "1W"
DEMO = "Demo: made-up numbers. Nothing in this digest is market data."
RECONSTRUCTED = "Reconstructed from history that was fetched later."
ADVICE = "Research output of a batch job. Not investment advice."
_MARKS = re.compile(r"([\\`*_{}\[\]<>|#~!&])")


@dataclass(frozen=True, slots=True)
class Part:
    """A heading with what stands under it: paragraphs, then a table whose first row is its head."""

    title: str
    paragraphs: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


def figures(documents: Documents) -> list[Figure]:
    """The day's tiles: what, value, note, date of the value; from the files that the page's tiles read."""
    board, vix = documents["data/dashboard.json"], documents["data/dashboard.json"]["vix"]
    rank = NONE if vix["percentile"] is None else percent(100 * vix["percentile"], 0)
    level = f"VIX {number(vix['value'])}, percentile {rank}"
    fear = "The last VIX is too old" if vix["value"] is vix["percentile"] is None and vix["date"] else level
    session = day(board["trade_date"])
    return [
        ("Market bias", capital(board["market_bias"]), f"Momentum score {number(board['momentum_score'])}", session),
        ("Volatility regime", capital(board["volatility_regime"]), fear, day(vix["date"])),
        *(
            (plain(one["symbol"]), price(one["close"]), percent(one["return_pct"], signed=True), day(one["trade_date"]))
            for one in board["quotes"]
        ),
        ("Buying pressure", number(board["pressure_pct"], 1, signed=True), "Estimated, \u2212100 to 100", session),
        ("Breadth", number(board["breadth"]), "Net advancers, \u22121 to 1", session),
        _liquidity(documents["data/macro.json"]),
    ]


def _liquidity(macro: Mapping[str, Any]) -> Figure:
    """The last Wednesday's figure; only its age where it is too old to be today's."""
    points = macro["net_liquidity"]["points"]
    if not points:
        return "Net liquidity", NONE, "No figure in this publication", NONE
    last, old = points[-1], [one for one in macro["old"] if one["name"] == "net_liquidity"]
    if old:
        return "Net liquidity", NONE, f"Last figure {old[0]['age_days']} days old", day(old[0]["date"])
    return "Net liquidity", usd(last["net_liquidity_usd"]), "Wednesday", day(last["date"])


def old(documents: Documents) -> list[str]:
    """What is too old to be told as today's, a line for each."""
    return [
        f"{plain(one['name'])}: last value of {day(one['date'])}, {one['age_days']} days old"
        for one in documents["data/macro.json"]["old"]
    ]


def stale(documents: Documents) -> list[str]:
    """What was late when this was published, a line for each source."""
    return [f"{plain(one['source'])}: {plain(one['why'])}" for one in documents["data/health.json"]["stale"]]


def _nodes(documents: Documents, folder: str, key: str, title: str) -> Part:
    picture = documents[f"data/{folder}/{WEEK}.json"]
    frame = f"{day(picture['from_date'])} to {day(picture['anchor_date'])}. {picture['method']}"
    rows = tuple(
        (
            f"{plain(node['node'])} ({plain(node['symbol'])})",
            number(node["pressure_pct"], 1, signed=True),
            percent(node["return_pct"], signed=True),
        )
        for node in picture[key]
    )
    return Part(title, (frame,), (("", "Pressure, estimated", "Return"), *rows))


def _call(call: Mapping[str, Any]) -> Part:
    confidence = NONE if call["confidence"] is None else percent(100 * call["confidence"], 0)
    head = (
        f"{capital(plain(call['stance']))} {plain(call['symbol'])}, {call['horizon']} sessions: {plain(call['title'])}"
    )
    rows = (
        ("Confidence", confidence),
        ("Against", plain(call["against"]) or NONE),
        ("Wrong if", re.sub(r"(?i)^wrong if\s+", "", plain(call["wrong_if"])) or NONE),
        ("Measured against", plain(call["benchmark"]) or NONE),
    )
    return Part(head, (plain(call["action"]),), (("", ""), *rows))


def _note(documents: Documents) -> list[Part]:
    note = documents["data/recommendations/latest.json"]
    if note["for_date"] is None:
        return [Part("The note", ("No note yet.",))]
    written = f"Written {written_by(note)}; {plain(note['checked'])}."
    head = Part(f"The note for {day(note['for_date'])}", (written, plain(note["summary"])))
    return [head, *map(_call, note["recommendations"])]


def _record(documents: Documents) -> Part:
    record = documents["data/track-record.json"]
    rows = tuple(
        (
            f"{plain(row['model'])}{' (replay)' if row['kind'] == 'replay' else ''}, {row['stance']}, {row['horizon']}",
            f"{row['n']} ({row['n_eff']})",
            _share(row["hit_rate"]),
            f"{_share(row['interval_low'])} to {_share(row['interval_high'])}",
            _share(row["base_rate"]),
            plain(row["words"]),
        )
        for row in record["rows"]
    )
    head = ("Calls of, stance, sessions", "n (independent)", "Hit rate", "95 % interval", "Base rate", "In words")
    said = "" if rows else "No call has been settled yet. "
    return Part("Track record", (f"{said}{record['pending']} calls are not due yet.",), (head, *rows) if rows else ())


def _share(value: float | None) -> str:
    return NONE if value is None else percent(100 * value, 0)


def _parts(documents: Documents, context: SiteContext) -> list[Part]:
    withheld = sorted({plain(said) for one in documents.values() for said in one.get("withheld", ())})
    return [
        Part("Today", (), (("", "", "", "Of"), *figures(documents))),
        *_note(documents),
        _nodes(documents, "global-flow", "regions", "Regions, a week"),
        _nodes(documents, "asset-flow", "asset_classes", "Asset classes, a week"),
        _record(documents),
        *([Part("Late when this was published", tuple(stale(documents)))] if stale(documents) else []),
        *([Part("Old values", tuple(old(documents)))] if old(documents) else []),
        *([Part("Left out of this public site", tuple(withheld))] if withheld else []),
    ]


def _lead(context: SiteContext) -> list[str]:
    marks = [DEMO] if context.demo else []
    marks += [RECONSTRUCTED] if context.reconstructed else []
    return [*marks, f"As of {instant(context.as_of, context.timezone)}, run {plain(context.run_id)}."]


def digest_files(documents: Documents, context: SiteContext) -> dict[str, bytes]:
    """digest.md and digest.html; `documents` are the artifacts by path, without what is withheld."""
    parts = _parts(documents, context)
    return {"digest.html": _as_html(parts, context).encode(), "digest.md": _as_markdown(parts, context).encode()}


def _escaped(text: str) -> str:
    return _MARKS.sub(r"\\\1", text)


def _as_markdown(parts: list[Part], context: SiteContext) -> str:
    lines = ["# Money Flow Observatory", "", *(f"{_escaped(line)}\n" for line in _lead(context))]
    for part in parts:
        lines += [f"## {_escaped(part.title)}", "", *(f"{_escaped(line)}\n" for line in part.paragraphs)]
        for place, row in enumerate(part.rows):
            lines.append(f"| {' | '.join(map(_escaped, row))} |")
            if place == 0:
                lines.append(f"|{' --- |' * len(row)}")
        lines += [""] if part.rows else []
    page = [f"[The page with all figures]({context.address('index.html')})", ""] if context.base_url else []
    return "\n".join([*lines, *page, ADVICE, ""])


def _as_html(parts: list[Part], context: SiteContext) -> str:
    body = ["<h1>Money Flow Observatory</h1>", *(f"<p><b>{html.escape(line)}</b></p>" for line in _lead(context))]
    picture = html.escape(context.address("digest.png"))
    body.append(f'<p><img src="{picture}" alt="The day in figures, as in the tables below" width="640"></p>')
    for part in parts:
        body.append(f"<h2><bdi>{html.escape(part.title)}</bdi></h2>")
        body += [f"<p><bdi>{html.escape(line)}</bdi></p>" for line in part.paragraphs]
        body += [_table(part.rows)] if part.rows else []
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Money Flow Observatory, {html.escape(day(context.as_of))}</title>
</head>
<body>
<table align="center" width="640" cellpadding="8" role="presentation"><tr><td><font face="Helvetica, Arial, sans-serif">
{chr(10).join(body)}
{_page_link(context)}<p>{ADVICE}</p>
</font></td></tr></table>
</body>
</html>
"""


def _page_link(context: SiteContext) -> str:
    """A mail has no page beside it: only where the site's address is known is there something to open."""
    address = html.escape(context.address("index.html"))
    return f'<p><a href="{address}">The page with all figures</a></p>\n' if context.base_url else ""


def _table(rows: tuple[tuple[str, ...], ...]) -> str:
    head = "".join(f'<th scope="col" align="left">{html.escape(cell)}</th>' for cell in rows[0])
    lines = [f"<tr>{head}</tr>"] if any(rows[0]) else []
    for first, *others in rows[1:]:
        cells = "".join(f'<td valign="top"><bdi>{html.escape(cell)}</bdi></td>' for cell in others)
        lines.append(f'<tr><th scope="row" align="left" valign="top"><bdi>{html.escape(first)}</bdi></th>{cells}</tr>')
    return f'<table border="0" cellpadding="4" cellspacing="0" width="100%">{"".join(lines)}</table>'
