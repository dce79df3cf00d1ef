"""All that the site holds: every family's queries and schemas, and the folder's files from their answers."""

import re
from collections.abc import Callable, Iterator, Mapping

from etl.errors import DataWrong
from etl.site import (
    books,
    candles,
    context,
    flows,
    hypotheses,
    macro,
    manifest,
    operations,
    overview,
    prices,
    recommendations,
)
from etl.site.artifact import Answers, Artifact, encoded, encoded_schema
from etl.site.context import Context
from etl.site.digest import Documents, digest_files
from etl.site.digest_picture import pictures
from etl.site.feed import PATH as FEED
from etl.site.feed import feed
from etl.site.hosting import addressed, hosting_files
from etl.site.shape import Query, Schema
from etl.site.validation import check

Draw = Callable[[Mapping[str, str]], Mapping[str, bytes]]
_NOTE = re.compile(r"data/recommendations/\d{4}-\d{2}-\d{2}\.json")
FAMILIES = (
    flows.FAMILY,
    prices.FAMILY,
    candles.FAMILY,
    recommendations.FAMILY,
    hypotheses.FAMILY,
    overview.FAMILY,
    macro.FAMILY,
    books.FAMILY,
    operations.FAMILY,
)
QUERIES: dict[str, Query] = {
    **context.QUERIES,
    **{name: query for family in FAMILIES for name, query in family.queries.items()},
}
SCHEMAS: dict[str, Schema] = {
    **{path: schema for family in FAMILIES for path, schema in family.schemas.items()},
    manifest.SCHEMA_PATH: manifest.SCHEMA,
    manifest.SCHEMA_OF_SCHEMAS_PATH: manifest.SCHEMA_OF_SCHEMAS,
}


def artifacts(answers: Answers, known: Context) -> Iterator[Artifact]:
    """
    Every artifact but the manifest, each checked against its schema.

    Raises:
        DataWrong: one does not fit its schema.
    """
    for family in FAMILIES:
        for artifact in family.artifacts(answers, known):
            check(artifact.path, artifact.document, SCHEMAS[artifact.schema])
            yield artifact


def _beside(documents: Documents, known: Context, draw: Draw) -> dict[str, bytes]:
    """What is made of the artifacts for readers that are not the page: the feed, the digest, the pictures."""
    days = [documents[path] for path in sorted(documents, reverse=True) if _NOTE.fullmatch(path)]
    return {FEED: feed(days, known), **digest_files(documents, known), **draw(pictures(documents, known))}


def site_files(
    answers: Answers, known: Context, parquet: Mapping[str, bytes], page: Mapping[str, bytes], draw: Draw
) -> dict[str, bytes]:
    """
    Every file of the folder by its path from the site's root; `draw` makes PNG of SVG, both by path.

    Raises:
        DataWrong: an artifact does not fit its schema, or the page holds a file of the same path.
    """
    files = {path: encoded_schema(schema) for path, schema in SCHEMAS.items()}
    schemas = dict.fromkeys(files, manifest.SCHEMA_OF_SCHEMAS_PATH)
    documents = {}
    for artifact in artifacts(answers, known):
        documents[artifact.path] = artifact.document
        files[artifact.path] = encoded(artifact.document)
        schemas[artifact.path] = artifact.schema
    files.update(parquet)
    files.update(_beside(documents, known, draw))
    files.update(hosting_files(known.public))
    twice = sorted(files.keys() & page.keys())
    if twice:
        raise DataWrong(f"the page's sources hold files that the export makes: {', '.join(twice)}")
    files.update(addressed(page, known))
    whole = manifest.manifest(files, schemas, answers, known)
    check(manifest.PATH, whole, manifest.SCHEMA)
    return {**files, manifest.PATH: encoded(whole)}
