"""Export: the warehouse's marts as the site folder, every artifact checked against its schema, swapped in whole."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from etl.domain import Outcome
from etl.notes.track_record import track_record
from etl.site.contents import QUERIES, site_files
from etl.site.context import Context, read_context
from etl.site.difference import differences
from etl.site.one_file import one_file
from etl.site.parquet_files import parquet_files, parquet_queries
from etl.site.recommendations import recorded
from etl.site.shape import Answer
from etl.stores.charts import compiled_specs, vega_bundle
from etl.stores.pictures import pngs
from etl.stores.site import SinglePage, SiteFolder, page_files

if TYPE_CHECKING:
    import duckdb

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


def _ask(warehouse: "duckdb.DuckDBPyConnection") -> dict[str, Answer]:
    return {name: query.read(warehouse.execute(query.sql).fetchall()) for name, query in QUERIES.items()}


def _scores(warehouse: "duckdb.DuckDBPyConnection") -> list[dict[str, object]]:
    result = warehouse.execute(_SCORES)
    names = [column[0] for column in result.description or []]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def _parquet(warehouse: "duckdb.DuckDBPyConnection", known: Context) -> dict[str, bytes]:
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
