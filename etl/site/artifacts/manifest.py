"""data/manifest.json: every file of the folder with its hash, and how fresh each source was."""

import hashlib
from collections.abc import Mapping
from typing import Any

from etl.site.artifacts.macro import OLD_SCHEMA, old_values
from etl.site.artifacts.operations import FRESHNESS
from etl.site.schema.columns import text
from etl.site.schema.envelope import ARTIFACT_VERSION, DRAFT, Answers
from etl.site.schema.record import INSTANT, Field, JsonSchema, Record, array, obj
from etl.site.schema.site_context import SiteContext

MANIFEST_PATH = "data/manifest.json"
SCHEMA_PATH = "schema/manifest.json"
_FILE = Record(
    {
        "path": text("Path from the site's root", nullable=False),
        "sha256": text("SHA-256 of its bytes", nullable=False),
        "bytes": Field("integer", "Size", "bytes", nullable=False, minimum=0),
        "schema": text("Path of its JSON JsonSchema", "null: not one of the data's JSON files."),
    }
)
_SOURCE = Record({"name": text("Short name", nullable=False), **FRESHNESS.fields})
MANIFEST_SCHEMA: JsonSchema = {
    "$schema": DRAFT,
    "$id": f"urn:mfo:schema:manifest:{ARTIFACT_VERSION}",
    **obj(
        "Manifest",
        {
            "schema_version": {"title": "Version of the artifacts' shapes", "const": ARTIFACT_VERSION},
            "as_of": {"title": "Nothing later than this was known", "type": "string", "pattern": INSTANT},
            "published_at": {
                "title": "When the warehouse was published",
                "description": "The instant from the warehouse, never the clock of the export.",
                "type": "string",
                "pattern": INSTANT,
            },
            "run_id": text("The run that published the warehouse").to_schema(),
            "demo": {"title": "Made-up data", "type": "boolean"},
            "reconstructed": {"title": "Replayed from history that was fetched later", "type": "boolean"},
            "public": {"title": "What may not be published again was left out", "type": "boolean"},
            "version": text("Version of mfo", nullable=False).to_schema(),
            "timezone": text("Zone in which the page shows instants", nullable=False).to_schema(),
            "artifacts": array(_FILE.to_schema("A file"), "Every file but this one, by path"),
            "sources": array(_SOURCE.to_schema("A source"), "How fresh each source was at publication"),
            "old": OLD_SCHEMA,
        },
        "What the folder holds. A reader judges age by `expected_next_at` and `cadence_hours`, with its own clock.",
    ),
}
# The schema of the schemas, so that every JSON file of data/ and schema/ has one.
SCHEMA_OF_SCHEMAS: JsonSchema = {
    "$schema": DRAFT,
    "$id": f"urn:mfo:schema:schema:{ARTIFACT_VERSION}",
    "$ref": DRAFT,
    "title": "A schema of this folder",
    "type": "object",
    "required": ["$id", "$schema", "title"],
    "properties": {"$schema": {"const": DRAFT}},
}
SCHEMA_OF_SCHEMAS_PATH = "schema/schema.json"


def manifest(
    files: Mapping[str, bytes], schemas: Mapping[str, str], answers: Answers, context: SiteContext
) -> dict[str, Any]:
    """The manifest of all other files; `schemas` gives the schema's path of each JSON file that has one."""
    return {
        "schema_version": ARTIFACT_VERSION,
        "as_of": context.as_of,
        "published_at": context.published_at,
        "run_id": context.run_id,
        "demo": context.demo,
        "reconstructed": context.reconstructed,
        "public": context.public,
        "version": context.version,
        "timezone": context.timezone,
        "artifacts": [
            {"path": path, "sha256": hashlib.sha256(body).hexdigest(), "bytes": len(body), "schema": schemas.get(path)}
            for path, body in sorted(files.items())
        ],
        "sources": [
            {"name": row["source"], **FRESHNESS.take(row)} for row in answers["source_status"].of()
        ],
        "old": old_values(answers, context),
    }  # fmt: skip
