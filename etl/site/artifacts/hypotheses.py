"""What analysts wrote down before they tested it, and what the tests found: data/hypotheses.json."""

from collections.abc import Iterator
from typing import Any

from etl.site.schema.columns import count, percent, share, text, when
from etl.site.schema.envelope import Answers, Artifact, Family, document, document_schema
from etl.site.schema.record import ArtifactQuery, Field, JsonObject, Record, array
from etl.site.schema.site_context import SiteContext

PATH, SCHEMA = "data/hypotheses.json", "schema/hypotheses.json"
PERIODS = ("discovery", "later", "live", "all")
WITHHELD = "hypotheses are the desk's own and were left out"

PERIOD = Record(
    {
        "period": text(
            "Period",
            "discovery: before the split; later: from it to the day of writing down; live: since that day.",
            nullable=False,
            choices=PERIODS,
        ),
        "n": count("Signals with a whole window"),
        "mean_pct": percent("Mean after a signal", "Mean log total return from the close after the signal on."),
        "base_pct": percent("Base", "The mean of all windows of the same symbols and period."),
        "edge_pct": percent("Edge", "Mean after a signal minus base."),
        "low_pct": percent("Edge, 95 %, low", "Block bootstrap; none where there are too few signals."),
        "high_pct": percent("Edge, 95 %, high", "Block bootstrap; none where there are too few signals."),
        "up_share": share("Share of signals that were followed by a rise"),
    }
)
HYPOTHESIS = Record(
    {
        "name": text("Name", nullable=False),
        "condition": text("Condition", "SQL over daily_metrics; where it holds there is a signal.", nullable=False),
        "horizon": Field("integer", "Horizon", "sessions", nullable=False, minimum=1),
        "author": text("Author"),
        "added_at": when("instant", "Written down", nullable=False),
        "tests": count("Tests so far"),
        "tested_at": when("instant", "Last test"),
        "words": text("What the last test shows", "Nothing until it is tested."),
    }
)
FOUND = Record(
    {
        "split": when("date", "Where discovery ends"),
        "tries": count("Conditions tried by then", "Different conditions and horizons up to this test, itself too."),
        "warning": text("What so many tries mean"),
    }
)
_QUERIES = {
    "hypotheses": ArtifactQuery(
        HYPOTHESIS + Record({"document": Field("json", "The last test")}),
        "from marts.hypotheses order by added_at desc, name",
    ),
    "tries": ArtifactQuery(
        Record({"tries": count("Conditions tried")}),
        """
        from (
            select count(distinct (document ->> 'condition', document ->> 'horizon')) as tries
            from lake.hypothesis_tests
            where tested_at <= (select as_of from lake.publication)
        )
        """,
    ),
}


def _shown(row: JsonObject) -> JsonObject:
    """A hypothesis with what its last test found, period by period; no period where it was not tested."""
    found = row["document"] or {}
    periods = [{**PERIOD.take(found[name]), "period": name} for name in PERIODS if found.get(name)]
    return {**HYPOTHESIS.take(row), **FOUND.take(found), "periods": periods}


def _artifacts(answers: Answers, context: SiteContext) -> Iterator[Artifact]:
    rows = [_shown(row) for row in answers["hypotheses"].of()]
    said = [WITHHELD] if rows and context.public else []
    tries = answers["tries"].first()
    own: dict[str, Any] = {"hypotheses": [] if said else rows, "tries": tries["tries"] if tries and not said else None}
    tested = any(row["tested_at"] for row in rows)
    sources = context.sources_of(one["symbol"] for one in context.instruments) if tested else []
    yield Artifact(PATH, SCHEMA, document(context, sources, own, said))


_ITEM = (HYPOTHESIS + FOUND).to_schema("A hypothesis")
_ITEM["properties"]["periods"] = array(PERIOD.to_schema("A period"), "What followed its signals, by period")
_ITEM["required"] = sorted(_ITEM["properties"])
_SCHEMAS = {
    SCHEMA: document_schema(
        SCHEMA,
        "Hypotheses",
        "Written down before they were tested, and tested again as signals fall due. Each look at the same data is a "
        "try, and many tries find something by chance.",
        {
            "hypotheses": array(_ITEM, "Hypotheses, newest first"),
            "tries": count(
                "Conditions tried", "Different conditions and horizons that were tested so far."
            ).to_schema(),
        },
    )
}
FAMILY = Family(_QUERIES, _SCHEMAS, _artifacts)
