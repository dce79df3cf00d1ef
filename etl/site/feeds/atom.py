"""feed.xml: the daily notes as an Atom feed (RFC 4287), newest first, from the artifacts' own documents."""

from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree as Xml

from etl.site.artifacts.recommendations import written_by
from etl.site.schema.format import capital, day, plain
from etl.site.schema.site_context import SiteContext

FEED_PATH = "feed.xml"
ENTRIES = 30
_ATOM = "http://www.w3.org/2005/Atom"  # a name, not an address
_ID = "urn:mfo:daily-notes"


def feed(notes: list[Mapping[str, Any]], context: SiteContext) -> bytes:
    """
    The feed of notes, newest first. Addresses are relative to the feed's own where the site's is not set.

    An entry's id is its date's: a note that was written anew replaces the one that a reader has.
    """
    root = Xml.Element("feed", {"xmlns": _ATOM, "xml:lang": "en"})
    _add(root, "title", f"Money Flow Observatory: daily notes{' (demo, made-up numbers)' if context.demo else ''}")
    _add(root, "id", f"{_ID}:demo" if context.demo else _ID)
    shown = [note for note in notes if note["for_date"] is not None][:ENTRIES]
    _add(root, "updated", max([_updated(note, context) for note in shown], default=context.published_at))
    Xml.SubElement(root, "link", {"rel": "self", "href": context.address(FEED_PATH), "type": "application/atom+xml"})
    Xml.SubElement(root, "link", {"rel": "alternate", "href": context.address("index.html"), "type": "text/html"})
    for note in shown:
        _entry(root, note, context)
    Xml.indent(root)
    body: str = Xml.tostring(root, "unicode")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{body}\n'.encode()


def _add(parent: Xml.Element, tag: str, text: str, **attributes: str) -> None:
    Xml.SubElement(parent, tag, attributes).text = text


def _updated(note: Mapping[str, Any], context: SiteContext) -> str:
    return str(note["published_at"] or context.published_at)


def _entry(root: Xml.Element, note: Mapping[str, Any], context: SiteContext) -> None:
    entry = Xml.SubElement(root, "entry")
    marks = "".join((" (replay)" if note["kind"] == "replay" else "", " (demo)" if context.demo else ""))
    _add(entry, "title", f"Note for {day(note['for_date'])}{marks}")
    _add(entry, "id", f"{_ID}{':demo' if context.demo else ''}:{note['for_date']}")
    _add(entry, "updated", _updated(note, context))
    link = {"rel": "alternate", "href": context.address(f"index.html#note={note['for_date']}"), "type": "text/html"}
    Xml.SubElement(entry, "link", link)
    author = Xml.SubElement(entry, "author")
    _add(author, "name", "Rules, no model" if note["label"] == "rules" else plain(note["model"]))
    _add(entry, "summary", plain(note["summary"]), type="text")
    checked = f"Written {written_by(note)}; {plain(note['checked'])}."
    words = "\n\n".join([plain(note["summary"]), *map(_call, note["recommendations"]), checked])
    _add(entry, "content", words, type="text")


def _call(call: Mapping[str, Any]) -> str:
    head = (
        f"{capital(plain(call['stance']))} {plain(call['symbol'])}, {call['horizon']} sessions: {plain(call['title'])}."
    )
    return f"{head} {plain(call['action'])} Against: {plain(call['against'])} {plain(call['wrong_if'])}"
