"""
What every artifact needs to know of its warehouse: the publication, who gave what under which terms, what is withheld.

With `public`, series and rows that may not be published again are left out: a symbol is withheld when any of its rows
came from such a source, because its neighbours and its means would tell them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from etl.errors import DataWrong, NeverPublished
from etl.market.releases import MACRO_SERIES
from etl.site.schema.columns import record, text, when
from etl.site.schema.record import ArtifactQuery, Field, JsonObject, QueryResult, Record

_NEW_YORK = ZoneInfo("America/New_York")
_FLAG = Field("boolean", "Flag")
_INSTRUMENT = record("symbol", "name", "kind", groups=Field("json", "Groups"))

CONTEXT_QUERIES = {
    "publication": ArtifactQuery(
        Record(
            {
                "as_of": when("instant", "As of"),
                "published_at": when("instant", "Published"),
                "basis": text("Basis"),
                "run_id": text("Run"),
                "demo": _FLAG,
            }
        ),
        """
        from (
            select *, coalesce(
                (select min(known_at) from lake.publications as made where made.run_id = publication.run_id), as_of
            ) as published_at
            from lake.publication as publication
        )
        """,
    ),
    "terms": ArtifactQuery(
        record("source", title=text("Title"), terms=text("Terms"), terms_url=text("Page"), publishable=_FLAG),
        "from lake.sources order by position, source",
    ),
    "series_terms": ArtifactQuery(
        Record(
            {
                "series_id": text("Series"),
                "title": text("Title"),
                "unit": text("Unit"),
                "frequency": text("Frequency"),
                "terms": text("Terms"),
                "publishable": _FLAG,
                "source": text("Source"),
            }
        ),
        """
        from (
            select
                universe.*, described.title, described.frequency, gave.source
            from lake.universe_series as universe
            left join (
                select
                    series_id, arg_max(title, (fetched_at, sequence)) as title,
                    arg_max(frequency, (fetched_at, sequence)) as frequency
                from lake.series
                where fetched_at <= (select as_of from lake.publication)
                group by series_id
            ) as described using (series_id)
            left join (select distinct series_id, source from marts.macro_daily) as gave using (series_id)
        )
        order by position, series_id, source
        """,
    ),
    "instruments": ArtifactQuery(
        _INSTRUMENT,
        """
        from (select * replace (to_json(groups) as groups) from marts.instruments where kind <> 'macro')
        order by position, symbol
        """,
    ),
    "bar_sources": ArtifactQuery(
        record("source"),
        "from (select distinct symbol, source from marts.daily_prices) order by symbol, source",
        by=record("symbol"),
    ),
}


@dataclass(frozen=True, slots=True)
class SiteContext:
    """The publication and its sources. `as_of` is ISO text; `instruments` are in the page's order."""

    as_of: str
    published_at: str  # from the warehouse, never this process' clock
    run_id: str | None
    demo: bool
    reconstructed: bool
    version: str
    timezone: str
    public: bool
    terms: Mapping[str, JsonObject]
    instruments: tuple[JsonObject, ...]
    bar_sources: Mapping[str, tuple[str, ...]]
    series: Mapping[str, JsonObject]  # title, unit, frequency, terms, publishable, sources
    closed: Mapping[str, str]  # provider -> why it is not used
    base_url: str | None = None  # where others read the folder

    def address(self, path: str) -> str:
        """A file of the folder as it is named to who reads it elsewhere; relative where its address is not set."""
        return f"{self.base_url}/{path}" if self.base_url else path

    def age_days(self, at: str) -> int:
        """Calendar days from a date, or from an instant's date in New York, to that of the publication's as-of."""
        return (_day(self.as_of) - (_day(at) if "T" in at else date.fromisoformat(at))).days

    def terms_of(self, sources: Iterable[str]) -> list[JsonObject]:
        """Sources by short name (fred/ID for a series) with their terms, each once, in order of name."""
        return [self._term(name) for name in sorted(set(sources))]

    def _term(self, name: str) -> JsonObject:
        if "/" in name:
            series = self.series[name.split("/", 1)[1]]
            url = f"https://fred.stlouisfed.org/series/{name.split('/', 1)[1]}"
            known = {key: series[key] for key in ("title", "terms", "publishable")}
            return {"source": name, **known, "terms_url": url}
        blank = {"title": None, "terms": None, "terms_url": None, "publishable": None}
        return {**blank, **self.terms.get(name, {}), "source": name}

    def sources_of(self, symbols: Iterable[str]) -> list[str]:
        """Who gave the daily bars of these symbols."""
        return sorted({source for symbol in symbols for source in self.bar_sources.get(symbol, ())})

    def sources_of_series(self, series_ids: Iterable[str]) -> list[str]:
        """Who gave these series, with an entry of their own for those that may not be published again."""
        names: set[str] = set()
        for series_id in series_ids:
            known = self.series.get(series_id)
            if known is not None:
                names.update(known["sources"])
                if known["publishable"] is False:
                    names.add(f"fred/{series_id}")
        return sorted(names)

    def withholds(self, symbol: str) -> str | None:
        """The statement to publish in place of a symbol's rows; None where they may be published."""
        if not self.public:
            return None
        refused = [name for name in self.bar_sources.get(symbol, ()) if not self.may_publish(name)]
        if not refused:
            return None
        return f"{symbol}: rows of {', '.join(refused)} may not be published again and were left out"

    def withholds_series(self, series_id: str) -> str | None:
        """The same for a macro series."""
        known = self.series.get(series_id)
        if not self.public or known is None or known["publishable"] is not False:
            return None
        return f"{series_id}: its owner does not allow it to be published again; it was left out"

    def may_publish(self, source: str) -> bool:
        """Whether a source's rows may be published again; what is not known may not."""
        return bool(self.terms.get(source, {}).get("publishable"))


def read_context(
    answers: Mapping[str, QueryResult],
    version: str,
    timezone: str,
    public: bool,
    closed: Mapping[str, str],
    base_url: str | None = None,
) -> SiteContext:
    """
    The context from the answers to `CONTEXT_QUERIES`.

    Raises:
        NeverPublished: lake.publication has no row.
        DataWrong: it has several.
    """
    rows = answers["publication"].of()
    if not rows:
        raise NeverPublished("this warehouse was never published: run `mfo run-daily` first")
    if len(rows) > 1 or rows[0]["as_of"] is None:
        raise DataWrong("lake.publication does not hold exactly one publication")
    return SiteContext(
        as_of=rows[0]["as_of"],
        published_at=rows[0]["published_at"],
        run_id=rows[0]["run_id"],
        demo=bool(rows[0]["demo"]),
        reconstructed=rows[0]["basis"] == "published",
        version=version,
        timezone=timezone,
        public=public,
        terms={row["source"]: row for row in answers["terms"].of()},
        instruments=tuple(answers["instruments"].of()),
        bar_sources={
            key[0]: tuple(row["source"] for row in group) for key, group in answers["bar_sources"].groups.items()
        },
        series=_series(answers["series_terms"].of()),
        closed=dict(closed),
        base_url=base_url,
    )


def _day(instant: str) -> date:
    return datetime.fromisoformat(instant).astimezone(_NEW_YORK).date()


def _series(rows: list[JsonObject]) -> dict[str, Any]:
    series: dict[str, Any] = {}
    for row in rows:
        facts = MACRO_SERIES.get(row["series_id"])
        # FRED's own metadata needs a key; without it the project's own words for the series stand.
        own = {"title": facts.title, "frequency": facts.frequency} if facts else {}
        said = {name: row[name] if row[name] is not None else own.get(name) for name in ("title", "frequency")}
        known = series.setdefault(row["series_id"], {**row, **said, "sources": []})
        if row["source"] is not None:
            known["sources"].append(row["source"])
    return series
