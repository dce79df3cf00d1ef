"""Macro series and net liquidity, and which of them are too old to be told as today's: data/macro.json."""

from collections.abc import Iterator
from typing import Any

from etl.market.releases import MAX_AGE_DAYS, max_age_days
from etl.site.schema.columns import count, record, text, usd, when
from etl.site.schema.envelope import Answers, Artifact, Family, document, document_schema
from etl.site.schema.record import ArtifactQuery, Field, JsonObject, Record, array, obj, pair, tidy
from etl.site.schema.site_context import SiteContext

POINTS_SHOWN, WEEKS_SHOWN = 120, 104
_VALUE = Field("number", "Value", "the series' unit")
_DATE = when("date", "Date", nullable=False)
POINT = Record({"date": _DATE, "value": _VALUE, **record("source").fields})
_SERIES = Record(
    {
        "series_id": text("Series", nullable=False),
        "title": text("Title"),
        "unit": text("Unit"),
        "frequency": text("Frequency", "D, W, M ..."),
        "publishable": Field("boolean", "Whether it may be published again"),
        "date": when("date", "Date of the last value"),
        "value": _VALUE,
        "previous": Field("number", "Value before", "the series' unit"),
        "change": Field("number", "Change from the value before", "the series' unit"),
        **record("source").fields,
    }
)
LIQUIDITY = Record(
    {
        "date": _DATE,
        "net_liquidity_usd": usd("Net liquidity", "WALCL - the Treasury's account - reverse repos."),
        "walcl_usd": usd("The Fed's assets"),
        "treasury_usd": usd("The Treasury's account"),
        "treasury_series": text("Which series the Treasury's account is"),
        "rrpontsyd_usd": usd("Overnight reverse repos"),
        "rrpontsyd_date": when("date", "Date of the reverse repos"),
    }
)
NET_LIQUIDITY = "net_liquidity"
OLD = Record(
    {
        "name": text("Series, or net_liquidity", nullable=False),
        "date": when("date", "Date of its last value", nullable=False),
        "age_days": count("Age on the day of `as_of`", "More than the maximum of its cadence."),
    }
)
_QUERIES = {
    "observations": ArtifactQuery(
        POINT,
        f"""
        from (
            select * from marts.macro_daily where value is not null
            qualify row_number() over (partition by series_id order by date desc) <= {POINTS_SHOWN}
        )
        order by series_id, date
        """,
        by=Record({"series_id": text("Series")}),
    ),
    NET_LIQUIDITY: ArtifactQuery(
        LIQUIDITY, f"from (from marts.net_liquidity order by date desc limit {WEEKS_SHOWN}) order by date"
    ),
}


def _series(series_id: str, rows: list[JsonObject], context: SiteContext) -> JsonObject:
    known = context.series[series_id]
    last, before = (rows[-1] if rows else POINT.empty()), (rows[-2] if len(rows) > 1 else POINT.empty())
    if rows and before["date"] is not None:
        days = context.age_days(before["date"]) - context.age_days(last["date"])
        before = before if days <= _longest(series_id, context) else POINT.empty()
    both = last["value"] is not None and before["value"] is not None
    said: dict[str, Any] = {
        "series_id": series_id,
        "title": known["title"],
        "unit": known["unit"],
        "frequency": known["frequency"],
        "publishable": known["publishable"],
        "date": last["date"],
        "value": last["value"],
        "previous": before["value"],
        "change": tidy(last["value"] - before["value"]) if both else None,
        "source": last["source"],
    }
    return {**said, "points": [[row["date"], row["value"]] for row in rows]}


def _shown(answers: Answers, context: SiteContext) -> dict[str, list[JsonObject]]:
    return {
        series_id: [] if context.withholds_series(series_id) else answers["observations"].of(series_id)
        for series_id in context.series
    }


def old_values(answers: Answers, context: SiteContext) -> list[JsonObject]:
    """What is shown with a last value that is too old, on the day of the publication, to be told as the present one."""
    dates = {
        name: (rows[-1]["date"], _longest(name, context)) for name, rows in _shown(answers, context).items() if rows
    }
    weeks = [row["date"] for row in answers[NET_LIQUIDITY].of() if row["net_liquidity_usd"] is not None]
    dates |= {NET_LIQUIDITY: (weeks[-1], MAX_AGE_DAYS["W"])} if weeks else {}
    ages = [(name, day, context.age_days(day), longest) for name, (day, longest) in dates.items()]
    return [{"name": name, "date": day, "age_days": age} for name, day, age, longest in ages if age > longest]


def _longest(series_id: str, context: SiteContext) -> int:
    return max_age_days(series_id, context.series[series_id]["frequency"])


def _artifacts(answers: Answers, context: SiteContext) -> Iterator[Artifact]:
    said = [why for series_id in context.series if (why := context.withholds_series(series_id))]
    shown = _shown(answers, context)
    own = {
        "series": [_series(name, rows, context) for name, rows in shown.items()],
        "net_liquidity": {"unit": "USD", "points": answers[NET_LIQUIDITY].of()},
        "old": old_values(answers, context),
    }
    envelope = document(context, context.sources_of_series(shown), own, said)
    yield Artifact("data/macro.json", "schema/macro.json", envelope)


OLD_SCHEMA = array(
    OLD.to_schema("An old value"),
    "What is too old to be told as today's",
    "By how often new values come out, in calendar days: "
    f"{', '.join(f'{cadence} {days}' for cadence, days in MAX_AGE_DAYS.items())}.",
)


def _schema() -> dict[str, Any]:
    series = _SERIES.to_schema("A series")
    point = pair(_DATE.to_schema(), {"title": "Value", "type": "number"}, "Date and value")
    series["properties"]["points"] = array(point, "Last values, oldest first", most=POINTS_SHOWN)
    series["required"] = sorted(series["properties"])
    weeks = array(LIQUIDITY.to_schema("A Wednesday"), "Wednesdays, oldest first", most=WEEKS_SHOWN)
    own = {
        "series": array(series, "Series, in the configured order"),
        "net_liquidity": obj("Net liquidity", {"unit": {"title": "Unit", "const": "USD"}, "points": weeks}),
        "old": OLD_SCHEMA,
    }
    return document_schema("schema/macro.json", "Macro", "The configured series and net liquidity.", own)


FAMILY = Family(_QUERIES, {"schema/macro.json": _schema()}, _artifacts)
