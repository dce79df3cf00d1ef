"""What operations feed: data/sources.json, data/quality.json, data/health.json and data/pipeline.json."""

from collections.abc import Iterator

from etl.site.schema.columns import COLUMN_MEANINGS, count, record, share, text, when
from etl.site.schema.envelope import Answers, Artifact, Family, document, document_schema
from etl.site.schema.record import ArtifactQuery, Field, JsonObject, JsonSchema, Record, array, obj, or_null
from etl.site.schema.site_context import SiteContext

GAPS_SHOWN, REVISIONS_SHOWN, REFUSED_SHOWN, RUNS_SHOWN = 500, 50, 100, 20
GAP_STATES = ("suspected", "confirmed", "filled")
_STATUSES = ("ok", "late", "failed", "skipped", "unused")
_HOURS = Field("number", "Hours between two values", "hours", minimum=0)
_STATUS = text("Status", "At publication; the page judges age anew.", choices=_STATUSES)
FRESHNESS = record(
    title=text("Title"),
    newest=when("instant", "Newest value"),
    cadence_hours=_HOURS,
    expected_next_at=when("instant", "When the next value is expected"),
    status=_STATUS,
    why=text("Why"),
)
SOURCE = record("source") + FRESHNESS + record(
    last_good_at=when("instant", "Last good answer"),
    last_error=text("Last error"),
    success_share=share("Share of requests that were answered"),
    median_latency_ms=Field("number", "Median latency", "ms", minimum=0),
    per_day=Field("integer", "Calls allowed in a day", "calls", minimum=0),
    used_today=count("Calls used today"),
    left_today=count("Calls left today"),
    requests=count("Requests of this data folder"),
)  # fmt: skip
_CHECK = Record(
    {
        "check": text("Check", nullable=False),
        "claim": text("What it claims"),
        "severity": text("Severity", "Whether a failure stops the publication."),
        "failed_rows": count("Rows that break the claim"),
        "example": text("An example"),
        "status": text("Status", nullable=False, choices=("pass", "fail")),
    }
)
GAP = record(
    "symbol",
    "from_at",
    "to_at",
    interval=text("Interval"),
    missing=count("Bars missing"),
    state=text("State", "filled: the bars came later; confirmed: the source has none.", choices=GAP_STATES),
    why=text("Why"),
    first_seen_at=when("instant", "First answer that lacked them"),
    asked_again=count("Good answers since that lacked them too, with growing waits between them"),
    last_asked_at=when("instant", "Last answer that lacked them"),
    ask_again_at=when("instant", "When they are asked for again"),
    filled_at=when("instant", "When they came"),
)
REVISION = Record(
    {
        "kind": text("Kind"),
        **record("symbol").fields,
        "interval": text("Length of the bar"),
        "at": text("Which bar (its opening instant) or date"),
        "field": text("Field"),
        "old_value": Field("number", "Old value"),
        "new_value": Field("number", "New value"),
        **record("source").fields,
        "was_known_at": when("instant", "Old value known from"),
        "known_at": when("instant", "New value known from"),
    }
)
REFUSED = Record(
    {
        "dataset": text("Dataset"),
        "symbol": text("Symbol"),
        "at": text("Which row"),
        "reason": text("Why it was refused"),
        **record("source").fields,
    }
)
DETAILS_WITHHELD = "what each task of a run said is for the desk and was left out"
_DETAILS: JsonSchema = {"type": ["object", "array", "string", "number", "boolean", "null"]}
_RUN_AT = {
    "run_id": text("Run", nullable=False),
    "run_at": when("instant", "Started"),
    "status": text("Status", "success, partial, failure, or running: it had not ended when this was frozen."),
}
RUN = Record(
    {
        **_RUN_AT,
        "finished_at": when("instant", "Ended"),
        "command": text("Command"),
        "details": Field("json", "What each task did", schema=_DETAILS),
    }
)
STALE = record(
    "source", newest=FRESHNESS.fields["newest"], expected_next_at=FRESHNESS.fields["expected_next_at"], why=text("Why")
)
COUNTS = record(
    symbols=count("Symbols"),
    series=count("Series"),
    daily_rows=count("Final daily bars"),
    hourly_rows=count("Hourly bars"),
    observations=count("Observations"),
    open_gaps=count("Gaps that are not confirmed as their source's outage"),
    notes=count("Notes"),
)
_QUERIES = {
    "source_status": ArtifactQuery(SOURCE, "from marts.source_status order by source"),
    "checks": ArtifactQuery(
        _CHECK,
        """
        from (
            select check_name as "check", *, case when failed_rows = 0 then 'pass' else 'fail' end as status
            from marts.data_quality where is_of_this_run
        )
        order by failed_rows = 0, "check"
        """,
    ),
    "gaps": ArtifactQuery(
        GAP,
        f"""
        from marts.gaps
        order by state = 'filled', state = 'confirmed', to_at desc, symbol, interval, from_at limit {GAPS_SHOWN}
        """,
    ),
    "revisions": ArtifactQuery(
        REVISION,
        f"""
        from (
            select * replace (
                if(
                    kind = 'observation',
                    strftime("at", '%Y-%m-%d'),
                    strftime("at", '%Y-%m-%dT%H:%M:%SZ')
                ) as "at"
            )
            from marts.revisions
        )
        order by known_at desc, symbol, interval, "at" desc, "field", kind, source, sequence desc
        limit {REVISIONS_SHOWN}
        """,
    ),
    "refused": ArtifactQuery(
        REFUSED,
        f"""
        from lake.refused_rows where fetched_at <= (select as_of from lake.publication)
        order by sequence desc, symbol, "at", reason limit {REFUSED_SHOWN}
        """,
    ),
    "runs": ArtifactQuery(RUN, f"from marts.etl_runs order by run_at desc, run_id desc limit {RUNS_SHOWN}"),
    "anchor": ArtifactQuery(record("anchor_date"), "from marts.sessions_anchor"),
    "counts": ArtifactQuery(
        COUNTS,
        """
        from (
            select
                (select count(*) from marts.instruments where kind <> 'macro') as symbols,
                (select count(*) from lake.universe_series) as series,
                (select count(*) from marts.daily_prices) as daily_rows,
                (select count(*) from marts.hourly_prices) as hourly_rows,
                (select count(*) from marts.macro_daily) as observations,
                (select count(*) from marts.gaps where state = 'suspected') as open_gaps,
                (select count(*) from marts.daily_recommendations) as notes
        )
        """,
    ),
}


def _sources(answers: Answers, context: SiteContext) -> Artifact:
    rows = answers["source_status"].of()
    own = {"items": rows, "closed": [{"name": name, "why": why} for name, why in sorted(context.closed.items())]}
    envelope = document(context, [row["source"] for row in rows], own)
    return Artifact("data/sources.json", "schema/sources.json", envelope)


def _open_revision(row: JsonObject, context: SiteContext) -> JsonObject:
    """A revision; without its values where they may not be published again."""
    refused = context.withholds(row["symbol"]) or context.withholds_series(row["symbol"])
    return {**row, "old_value": None, "new_value": None} if refused else row


def _quality(answers: Answers, context: SiteContext) -> Artifact:
    revisions = answers["revisions"].of()
    said = [
        why for row in revisions if (why := context.withholds(row["symbol"]) or context.withholds_series(row["symbol"]))
    ]
    own = {
        # An example is a row as it stands, with its prices.
        "checks": [{**row, "example": None} if context.public else row for row in answers["checks"].of()],
        "gaps": answers["gaps"].of(),
        "revisions": [_open_revision(row, context) for row in revisions],
        "refused": answers["refused"].of(),
    }
    named = {row["source"] for row in [*revisions, *own["refused"]] if row["source"] is not None}
    return Artifact("data/quality.json", "schema/quality.json", document(context, named, own, said))


def _health(answers: Answers, context: SiteContext) -> Artifact:
    stale = [row for row in answers["source_status"].of() if row["status"] in ("late", "failed")]
    runs = answers["runs"].of()
    run = next((row for row in runs if row["run_id"] == context.run_id), runs[0] if runs else None)
    anchor = answers["anchor"].first()
    status = "failed" if run and run["status"] == "failure" else "degraded" if stale else "ok"
    own = {
        "status": status,
        "stale": [STALE.take(row) for row in stale],
        "anchor_date": anchor["anchor_date"] if anchor else None,
        "run": {name: run[name] for name in _RUN_AT} if run else None,
        "counts": answers["counts"].first(),
    }
    envelope = document(context, [row["source"] for row in stale], own)
    return Artifact("data/health.json", "schema/health.json", envelope)


def _artifacts(answers: Answers, context: SiteContext) -> Iterator[Artifact]:
    yield _sources(answers, context)
    yield _quality(answers, context)
    yield _health(answers, context)
    yield _pipeline(answers, context)


def _pipeline(answers: Answers, context: SiteContext) -> Artifact:
    """The last runs. What their tasks said names folders of the machine and people of the desk: not for the public."""
    runs = answers["runs"].of()
    said = [DETAILS_WITHHELD] if runs and context.public else []
    own = {"runs": [{**run, "details": None} for run in runs] if said else runs}
    return Artifact("data/pipeline.json", "schema/pipeline.json", document(context, (), own, said))


_CLOSED = obj("A provider that is not used", {"name": {"type": "string"}, "why": {"type": "string"}})
_HEALTH = text("Status", "degraded: a source is late or failed.", nullable=False)
_SCHEMAS = {
    "schema/sources.json": document_schema(
        "schema/sources.json",
        "Sources",
        "How each source did, what of its quota is left, and when its next value is expected.",
        {"items": array(SOURCE.to_schema("A source"), "Sources"), "closed": array(_CLOSED, "Not used, and why")},
    ),
    "schema/quality.json": document_schema(
        "schema/quality.json",
        "Quality",
        "Checks that ran before publication, gaps, revisions, and rows that were refused.",
        {
            "checks": array(_CHECK.to_schema("A check"), "Checks, failed ones first"),
            "gaps": array(GAP.to_schema("A gap"), "Expected bars that are not there, or came late", most=GAPS_SHOWN),
            "revisions": array(REVISION.to_schema("A revision"), "Values that changed", most=REVISIONS_SHOWN),
            "refused": array(REFUSED.to_schema("A refused row"), "Rows that were refused", most=REFUSED_SHOWN),
        },
    ),
    "schema/health.json": document_schema(
        "schema/health.json",
        "Health",
        "Whether the publication can be relied on, as it was seen when it was made.",
        {
            "status": Field(
                _HEALTH.kind, _HEALTH.title, "", _HEALTH.meaning, False, choices=("ok", "degraded", "failed")
            ).to_schema(),
            "stale": array(STALE.to_schema("A source that is late or failed"), "Late or failed"),
            "anchor_date": COLUMN_MEANINGS["anchor_date"].to_schema(),
            "run": or_null(Record(_RUN_AT).to_schema("The run that published")),
            "counts": or_null(COUNTS.to_schema("What the warehouse holds")),
        },
    ),
    "schema/pipeline.json": document_schema(
        "schema/pipeline.json",
        "Pipeline",
        "The last runs, newest first.",
        {"runs": array(RUN.to_schema("A run"), "Runs", most=RUNS_SHOWN)},
    ),
}
FAMILY = Family(_QUERIES, _SCHEMAS, _artifacts)
