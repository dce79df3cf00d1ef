"""What a family of artifacts is: its queries, its schemas, and how rows become documents with the common envelope."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from etl.site.schema.record import DIGITS, ArtifactQuery, Field, JsonSchema, QueryResult, array, obj
from etl.site.schema.site_context import SiteContext

ARTIFACT_VERSION = "1.0"
DRAFT = "https://json-schema.org/draft/2020-12/schema"
Answers = Mapping[str, QueryResult]


@dataclass(frozen=True, slots=True)
class Artifact:
    """One JSON file of the site: its path from the site's root, its schema's path, its document."""

    path: str
    schema: str
    document: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Family:
    """Artifacts that are made of the same queries. `schemas` are by path; `artifacts` is pure."""

    queries: Mapping[str, ArtifactQuery]
    schemas: Mapping[str, JsonSchema]
    artifacts: Callable[[Answers, SiteContext], Iterator[Artifact]]


_SOURCE = obj(
    "One source and its terms",
    {
        "source": Field(
            "text", "Short name; fred/ID for a series with an owner's own terms", nullable=False
        ).to_schema(),
        "title": Field("text", "Title").to_schema(),
        "terms": Field("text", "Terms of use").to_schema(),
        "terms_url": Field("text", "Where the terms stand").to_schema(),
        "publishable": Field("boolean", "Whether its rows may be published again").to_schema(),
    },
)
_ENVELOPE: dict[str, JsonSchema] = {
    "schema_version": {"title": "Version of this shape", "const": ARTIFACT_VERSION},
    "as_of": Field("instant", "Nothing later than this was known", "UTC", nullable=False).to_schema(),
    "run_id": Field("text", "The run that published the warehouse").to_schema(),
    "demo": Field("boolean", "Made-up data", nullable=False).to_schema(),
    "reconstructed": Field(
        "boolean", "Replayed", meaning="From history that was fetched later, by what was published by then.",
        nullable=False,
    ).to_schema(),
    "sources": array(_SOURCE, "Who gave the rows behind this file, and their terms"),
    "withheld": array(
        {"title": "A statement", "type": "string"}, "What was left out of a public site, and why"
    ),
}  # fmt: skip


def document_schema(path: str, title: str, meaning: str, properties: Mapping[str, JsonSchema]) -> JsonSchema:
    """The JSON Schema of an artifact: the envelope and the family's own properties."""
    name = path.removeprefix("schema/").removesuffix(".json")
    rounded = f"Numbers are rounded to {DIGITS} significant digits; null is missing or not yet known."
    body = obj(title, {**_ENVELOPE, **properties}, f"{meaning} {rounded}")
    return {"$schema": DRAFT, "$id": f"urn:mfo:schema:{name}:{ARTIFACT_VERSION}", **body}


def document(
    context: SiteContext, sources: Iterable[str], own: Mapping[str, Any], withheld: Iterable[str] = ()
) -> dict[str, Any]:
    """An artifact's document: the envelope around what is its own. `sources` are short names, fred/ID for a series."""
    return {
        "schema_version": ARTIFACT_VERSION,
        "as_of": context.as_of,
        "run_id": context.run_id,
        "demo": context.demo,
        "reconstructed": context.reconstructed,
        "sources": context.terms_of(sources),
        "withheld": sorted(set(withheld)),
        **own,
    }


def encoded(value: Any) -> bytes:
    """Canonical JSON: keys sorted, no spaces, UTF-8, one newline at the end; NaN is refused."""
    body = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return (body + "\n").encode()


def encoded_schema(value: JsonSchema) -> bytes:
    """The same, indented: a schema is read by people and does not change from day to day."""
    return (json.dumps(value, sort_keys=True, ensure_ascii=False, indent=1) + "\n").encode()
