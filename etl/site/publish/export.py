"""Export: the warehouse's marts as the site folder, every artifact checked against its schema, swapped in whole."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from etl import __version__
from etl.config.settings import Settings, data_folder
from etl.domain import Outcome
from etl.errors import DataWrong, SiteDiffers
from etl.notes.scoring.track_record import track_record
from etl.providers import CLOSED
from etl.runtime.data_dir import DataDir
from etl.site.artifacts import (
    candles,
    flows,
    hypotheses,
    internals,
    macro,
    manifest,
    operations,
    order_books,
    prices,
    recommendations,
)
from etl.site.artifacts.parquet_files import parquet_files, parquet_queries
from etl.site.artifacts.recommendations import recorded
from etl.site.feeds.atom import FEED_PATH as FEED
from etl.site.feeds.atom import feed
from etl.site.feeds.digest import Documents, digest_files
from etl.site.feeds.digest_picture import pictures
from etl.site.feeds.hosting import addressed, hosting_files
from etl.site.publish.folder import MARK, SinglePage, SiteFolder, one_file, page_files
from etl.site.publish.render import pngs
from etl.site.publish.vega import compiled_specs, vega_bundle
from etl.site.schema import site_context
from etl.site.schema.envelope import Answers, Artifact, encoded, encoded_schema
from etl.site.schema.record import ArtifactQuery, JsonSchema, QueryResult, check
from etl.site.schema.site_context import SiteContext, read_context
from etl.warehouse.file import Warehouse, refuse_other_version
from etl.warehouse.time_travel import PastInstant, seen_as_of

if TYPE_CHECKING:
    import duckdb

Draw = Callable[[Mapping[str, str]], Mapping[str, bytes]]
_NOTE = re.compile(r"data/recommendations/\d{4}-\d{2}-\d{2}\.json")
FAMILIES = (
    flows.FAMILY,
    prices.FAMILY,
    candles.FAMILY,
    recommendations.FAMILY,
    hypotheses.FAMILY,
    internals.FAMILY,
    macro.FAMILY,
    order_books.FAMILY,
    operations.FAMILY,
)
QUERIES: dict[str, ArtifactQuery] = {
    **site_context.CONTEXT_QUERIES,
    **{name: query for family in FAMILIES for name, query in family.queries.items()},
}
SCHEMAS: dict[str, JsonSchema] = {
    **{path: schema for family in FAMILIES for path, schema in family.schemas.items()},
    manifest.SCHEMA_PATH: manifest.MANIFEST_SCHEMA,
    manifest.SCHEMA_OF_SCHEMAS_PATH: manifest.SCHEMA_OF_SCHEMAS,
}


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """What the command line says of the site: where to, as of when, compare only, without what may not be shared."""

    out: Path | None = None
    as_of: datetime | None = None
    basis: str = "known"
    compare: bool = False
    public: bool = False
    single_file: bool = False


def export_site(settings: Settings, warehouse: Warehouse, data_dir: DataDir, options: ExportOptions) -> Outcome:
    """
    Write the site folder of the published warehouse, or of a look at the past; or compare it with what is there.

    Raises:
        SiteDiffers: with `compare`, the folder is not what the warehouse gives.
    """
    site = _target(data_dir, options)
    with _seen(warehouse, data_dir.cache, options) as con:
        outcome = run(
            con,
            site,
            page_root=data_folder("dashboard"),
            cache=data_dir.cache,
            version=__version__,
            timezone=settings.timezone,
            check=options.compare,
            public=options.public,
            closed=CLOSED,
            base_url=settings.site_url,
        )
    if options.compare and outcome.undone:
        raise SiteDiffers("\n".join([f"{site.root} is not what this warehouse gives:", *outcome.undone]))
    return outcome


def _target(data_dir: DataDir, options: ExportOptions) -> SiteFolder | SinglePage:
    if options.single_file:
        return SinglePage(options.out.absolute() if options.out else data_dir.single_page, MARK)
    return SiteFolder(options.out.absolute() if options.out else data_dir.site)


@contextmanager
def _seen(warehouse: Warehouse, cache: Path, options: ExportOptions) -> Iterator["duckdb.DuckDBPyConnection"]:
    """The published file, or a copy of it that shows the warehouse as it was at an instant."""
    if options.as_of is None:
        refuse_other_version(warehouse)
        with closing(warehouse.read()) as con:
            yield con
        return
    with seen_as_of(warehouse, cache, PastInstant(options.as_of, options.basis), data_folder("sql")) as con:
        yield con


def artifacts(answers: Answers, known: SiteContext) -> Iterator[Artifact]:
    """
    Every artifact but the manifest, each checked against its schema.

    Raises:
        DataWrong: one does not fit its schema.
    """
    for family in FAMILIES:
        for artifact in family.artifacts(answers, known):
            check(artifact.path, artifact.document, SCHEMAS[artifact.schema])
            yield artifact


def _beside(documents: Documents, known: SiteContext, draw: Draw) -> dict[str, bytes]:
    """What is made of the artifacts for readers that are not the page: the feed, the digest, the pictures."""
    days = [documents[path] for path in sorted(documents, reverse=True) if _NOTE.fullmatch(path)]
    return {FEED: feed(days, known), **digest_files(documents, known), **draw(pictures(documents, known))}


def site_files(
    answers: Answers, known: SiteContext, parquet: Mapping[str, bytes], page: Mapping[str, bytes], draw: Draw
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
    check(manifest.MANIFEST_PATH, whole, manifest.MANIFEST_SCHEMA)
    return {**files, manifest.MANIFEST_PATH: encoded(whole)}


_TEXTS = (".css", ".html", ".js", ".md", ".svg", ".txt", ".xml", "_headers")


def differences(there: Mapping[str, bytes], wanted: Mapping[str, bytes]) -> tuple[str, ...]:
    """One line for each file that is missing, of another content, or should not be there; () where all are the same."""
    lines = []
    for path in sorted({*there, *wanted}):
        if path not in there:
            lines.append(f"{path}: missing in the folder")
        elif path not in wanted:
            lines.append(f"{path}: in the folder, but not of this warehouse")
        elif there[path] != wanted[path]:
            lines.append(f"{path}: {_first_difference(path, there[path], wanted[path])}")
    return tuple(lines)


def _first_difference(path: str, there: bytes, wanted: bytes) -> str:
    sizes = f"{len(there)} bytes in the folder, {len(wanted)} from the warehouse"
    if path.endswith(_TEXTS):
        return _line(there, wanted) or sizes
    if not path.endswith(".json"):
        return sizes
    try:
        old, new = json.loads(there), json.loads(wanted)
    except ValueError:
        return f"not JSON, {sizes}"
    place = _place(old, new, "$")
    return place or f"equal as JSON, other bytes: {sizes}"


def _line(there: bytes, wanted: bytes) -> str | None:
    """The first line that differs; None where one text only goes on after the other's end."""
    lines = zip(there.decode(errors="replace").splitlines(), wanted.decode(errors="replace").splitlines(), strict=False)
    for number, (old, new) in enumerate(lines, 1):
        if old != new:
            return f"line {number} is {_short(old)} in the folder, {_short(new)} from the warehouse"
    return None


def _place(old: Any, new: Any, at: str) -> str | None:
    if isinstance(old, dict) and isinstance(new, dict):
        if old.keys() != new.keys():
            gone, came = sorted(old.keys() - new.keys()), sorted(new.keys() - old.keys())
            return f"{at} has other keys: {gone or 'none'} only in the folder, {came or 'none'} only from the warehouse"
        places = (_place(old[key], new[key], f"{at}.{key}") for key in sorted(old))
        return next((place for place in places if place), None)
    if isinstance(old, list) and isinstance(new, list):
        places = (_place(one, other, f"{at}[{i}]") for i, (one, other) in enumerate(zip(old, new, strict=False)))
        first = next((place for place in places if place), None)
        lengths = f"{at} has {len(old)} items in the folder, {len(new)} from the warehouse"
        return first or (lengths if len(old) != len(new) else None)
    if type(old) is type(new) and old == new:
        return None
    return f"{at} is {_short(old)} in the folder, {_short(new)} from the warehouse"


def _short(value: Any) -> str:
    said = json.dumps(value, ensure_ascii=False)
    return said if len(said) <= 60 else f"{said[:57]}..."


_SCORES = "from marts.recommendation_scores order by for_date, settled_at, note_id, position"


def run(
    warehouse: "duckdb.DuckDBPyConnection",
    site: SiteFolder | SinglePage,
    *,
    page_root: Path,
    cache: Path,
    version: str,
    timezone: str,
    check: bool = False,
    public: bool = False,
    closed: Mapping[str, str] | None = None,
    base_url: str | None = None,
) -> Outcome:
    """
    Publish the site (a folder, or one page) from a warehouse that is only read; with `check`, compare, write nothing.

    `public` leaves out what may not be published again; `closed` says why known providers are not used; `base_url` is
    where others read the folder. The outcome of a comparison that found differences lists them in `undone`.

    Raises:
        DataWrong: an artifact does not fit its schema; what was published before stands.
        NeverPublished: the warehouse holds no publication.
        UsageWrong: the folder holds files that mfo did not write.
        FolderUnusable: the folder cannot be written.
    """
    answers = _ask(warehouse)
    known = read_context(answers, version, timezone, public, closed or {}, base_url)
    answers["track_record"] = recorded(track_record(_scores(warehouse)))
    files = site_files(answers, known, _parquet(warehouse, known), _page(page_root, cache), pngs)
    if isinstance(site, SinglePage):
        files = {site.root.name: one_file(files)}
    if check:
        return _compared(site, files)
    site.publish(files)
    size = sum(len(body) for body in files.values())
    many = f"{len(files)} files" if len(files) > 1 else "one file"
    return Outcome(
        f"{many}, {size / 1e6:.1f} MB, as of {known.as_of}, in {site.root}",
        details={"files": len(files), "bytes": size, "as_of": known.as_of},
    )


def _page(page_root: Path, cache: Path) -> dict[str, bytes]:
    sources = page_files(page_root)
    return {**sources, **compiled_specs(sources, cache), "vega.js": vega_bundle(cache)}


def _ask(warehouse: "duckdb.DuckDBPyConnection") -> dict[str, QueryResult]:
    return {name: query.read(warehouse.execute(query.sql).fetchall()) for name, query in QUERIES.items()}


def _scores(warehouse: "duckdb.DuckDBPyConnection") -> list[dict[str, object]]:
    result = warehouse.execute(_SCORES)
    names = [column[0] for column in result.description or []]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def _parquet(warehouse: "duckdb.DuckDBPyConnection", known: SiteContext) -> dict[str, bytes]:
    queries = parquet_queries(known)
    return parquet_files({path: warehouse.sql(sql).to_arrow_table() for path, sql in queries.items()}, known)


def _compared(site: SiteFolder | SinglePage, files: Mapping[str, bytes]) -> Outcome:
    found = differences(site.read(), files)
    if not found:
        return Outcome(f"{site.root} holds what this warehouse gives: {len(files)} files")
    return Outcome(
        f"{len(found)} of {len(files)} files in {site.root} are not what this warehouse gives",
        undone=found,
        details={"differences": len(found)},
    )
