"""
What is published -> the site: a folder or one file, of the published warehouse or of a look at the past.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from etl import __version__
from etl.errors import SiteDiffers
from etl.observatory import Observatory
from etl.providers import CLOSED
from etl.settings import data_folder
from etl.site.one_file import MARK
from etl.stages import export
from etl.stores.migration import refuse_other_version
from etl.stores.past import Past, seen_as_of
from etl.stores.site import SinglePage, SiteFolder
from etl.stores.view import Connection


@dataclass(frozen=True, slots=True)
class SiteChoice:
    """What the command line says of the site: where to, as of when, compare only, without what may not be shared."""

    out: Path | None = None
    as_of: datetime | None = None
    basis: str = "known"
    compare: bool = False
    public: bool = False
    single_file: bool = False


def export_site(o: Observatory, site: SiteChoice) -> None:
    """Write the site folder, or compare it with what is there."""
    place = _place(o, site)
    with _seen(o, site) as con:
        outcome = export.run(
            con,
            place,
            page_root=data_folder("dashboard"),
            cache=o.folder.cache,
            version=__version__,
            timezone=o.settings.timezone,
            check=site.compare,
            public=site.public,
            closed=CLOSED,
            base_url=o.settings.site_url,
        )
    if site.compare and outcome.undone:
        raise SiteDiffers("\n".join([f"{place.root} is not what this warehouse gives:", *outcome.undone]))
    o.done("export", outcome)


def _place(o: Observatory, site: SiteChoice) -> SiteFolder | SinglePage:
    if site.single_file:
        return SinglePage(site.out.absolute() if site.out else o.folder.single_page, MARK)
    return SiteFolder(site.out.absolute() if site.out else o.folder.site)


@contextmanager
def _seen(o: Observatory, site: SiteChoice) -> Iterator[Connection]:
    """The published file, or a copy of it that shows the lake as it was at an instant."""
    if site.as_of is None:
        refuse_other_version(o.warehouse)
        with closing(o.warehouse.read()) as con:
            yield con
        return
    with seen_as_of(o.warehouse, o.folder.cache, Past(site.as_of, site.basis), data_folder("sql")) as con:
        yield con
