"""The notes and their record: data/recommendations/latest.json, /DATE.json and data/track-record.json."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from etl.domain import CHECKED
from etl.site.schema.columns import count, percent, record, share, text, when
from etl.site.schema.envelope import Answers, Artifact, Family, document, document_schema
from etl.site.schema.format import plain
from etl.site.schema.record import ArtifactQuery, Field, JsonObject, JsonSchema, QueryResult, Record, array, tidy
from etl.site.schema.site_context import SiteContext

DEFAULT_SCOPE = "portfolio"
DATES_KEPT, RECENT_SHOWN = 260, 30
RULES = "rules"
_STANCES = ("overweight", "neutral", "underweight")
_KINDS = ("live", "replay")
_NUMBER = re.compile(r"\d{4}-\d{2}-\d{2}|(?P<number>\d[\d,]*(?:\.\d+)?)")  # a date, or a number

_HORIZON = Field("integer", "Horizon", "sessions", minimum=1)
_STANCE = text("Stance", "Against the benchmark.", choices=_STANCES)
_CONFIDENCE = share("Confidence", "The call's stated chance of being right.")
_IDS = array({"type": ["string", "integer"]}, "Ids of the facts that it rests on")
CALL = Record(
    {
        "title": text("Title"),
        "action": text("Action"),
        **record("symbol").fields,
        "stance": _STANCE,
        "horizon": _HORIZON,
        "confidence": _CONFIDENCE,
        "against": text("What speaks against it"),
        "wrong_if": text("When it was wrong", "By the fixed rule: entry at the first US close after publication."),
        "benchmark": text("Benchmark"),
        "facts": Field("json", "Facts", schema=_IDS),
    }
)
FACT = Record(
    {
        "id": Field("text", "Id", schema={"type": ["string", "integer"]}),
        "name": text("Name"),
        "value": Field("json", "Value", schema={"type": ["number", "string", "boolean", "null"]}),
        "unit": text("Unit"),
        "as_of": text("As of", "The date or instant of the value."),
        "symbol": text("Symbol or series"),
        "source": text("Source"),
    }
)
_ISSUES = {**array({"type": "string"}, "Missing, stale, out of line, in dispute"), "type": ["array", "null"]}
_NOTE = Record(
    {
        **record("for_date").fields,
        "scope": text("Scope"),
        **record("published_at").fields,
        "summary": text("Summary"),
        "model": text("Model", "rules: no model wrote it."),
        "verified": Field("boolean", "Its figures are found in the facts; its wording is not checked"),
        "why": text("Why the rules wrote it", "Null where a model did, and where none was to."),
        "recommended_by": text("Who made the calls", "Another than who wrote the words where rules refined a note."),
        "kind": text("Kind", "Replayed notes are never pooled with live ones.", choices=_KINDS),
        "data_confidence": Field(
            "number", "Confidence in the data", "of 100", "Below the configured least no call is published.", minimum=0
        ),
        "data_issues": Field("json", "What is wrong with the data", schema=_ISSUES),
    }
)
_NOTE = _NOTE + Record({"recommendations": Field("json", "Calls"), "facts": Field("json", "Facts")})
COMMENT = record(
    author=text("Author"),
    written_at=when("instant", "Written", nullable=False),
    text=text("Comment", "An analyst's own words; nothing in them is checked.", nullable=False),
)
COMMENTS_WITHHELD = "what analysts say of this note is the desk's own and was left out"
CHECK = text("What was checked", nullable=False)
LABEL = text("Who wrote it", "rules: by fixed rules, no language model.", choices=(RULES, "model"))
BUCKET = Record(
    {
        "low": share("From"),
        "high": share("To"),
        "n": count("Settled calls"),
        "confidence": share("Mean stated confidence"),
        "hit_rate": share("Hit rate"),
    }
)
RECORD = Record(
    {
        "model": text("Model", nullable=False),
        "scope": text("Scope", nullable=False),
        "stance": _STANCE,
        "horizon": _HORIZON,
        "kind": text("Kind", choices=_KINDS),
        "n": count("Settled calls"),
        "n_eff": count("Calls that do not overlap"),
        "voids": count("Void calls", "A price was missing after 10 sessions."),
        "hits": count("Hits"),
        "hit_rate": share("Hit rate"),
        "interval_low": share("95 % Wilson interval on n_eff, low"),
        "interval_high": share("95 % Wilson interval on n_eff, high"),
        "base_rate": share("Base rate", "The stance's own frequency over the last 1260 windows."),
        "mean_excess_pct": percent("Mean excess return"),
        "excess_low": percent("Mean excess return, block bootstrap, low"),
        "excess_high": percent("Mean excess return, block bootstrap, high"),
        "brier": share("Brier score"),
        "brier_skill": Field("number", "Brier skill against the base rates", "1", maximum=1),
        "calibration": Field(
            "json", "Calibration", schema=array(BUCKET.to_schema("A bucket"), "Stated confidence against hits")
        ),
        "words": text("What it shows so far", nullable=False),
    }
)
_RECENT = Record(
    {
        **record("symbol").fields,
        "stance": _STANCE,
        "horizon": _HORIZON,
        "model": text("Model"),
        **record("for_date").fields,
        "entry_date": when("date", "Entry"),
        "exit_date": when("date", "Exit"),
        "excess_return_pct": percent("Excess return"),
        "is_hit": Field("boolean", "Hit"),
        "confidence": _CONFIDENCE,
    }
)
NOTES = ArtifactQuery(
    _NOTE,
    f"""
    from marts.daily_recommendations where scope = '{DEFAULT_SCOPE}' order by for_date desc limit {DATES_KEPT}
    """,
)
_QUERIES = {
    "notes": NOTES,
    "recent_calls": ArtifactQuery(
        _RECENT,
        f"""
        from marts.recommendation_scores where status = 'settled' and kind = 'live'
        order by exit_date desc, for_date desc, model, symbol, horizon, note_id, position limit {RECENT_SHOWN}
        """,
    ),
    "comments": ArtifactQuery(
        COMMENT,
        f"from marts.user_comments where scope = '{DEFAULT_SCOPE}' order by for_date, written_at, sequence, comment_id",
        by=record("for_date"),
    ),
    "pending": ArtifactQuery(
        Record({"pending": count("Pending")}),
        "from (select count(*) as pending from aggregates.scoring__open where kind = 'live')",
    ),
}


def label_of(note: JsonObject) -> str | None:
    """`rules` or `model`; None where there is no note."""
    return None if note["model"] is None else RULES if note["model"] == RULES else "model"


def check_of(note: JsonObject) -> str:
    """What a reader may take from it: that its figures were looked up, and no more."""
    return CHECKED if note["verified"] else "figures not found in the facts"


def written_by(note: Mapping[str, Any]) -> str:
    """`by rules, because ...`, `by rules, no model` or `by MODEL`, of a note as it is published."""
    if note["label"] != RULES:
        return f"by {plain(note['model'])}"
    by = f"by rules, because {plain(note['why'])}" if note["why"] else "by rules, no model"
    recommender = plain(note["recommended_by"])
    return by if recommender in ("", RULES) else f"{by}, recommendations by {recommender}"


def open_note(note: JsonObject, context: SiteContext) -> tuple[JsonObject, list[str]]:
    """
    The note as it may be published, and the statements that go with it.

    Values of facts that may not be published again are left out, also where the text names them: there any number
    goes that could be one, for a number too few does less harm.
    """
    facts, said, values = [], [], []
    for fact in note["facts"] or []:
        subject = str(fact.get("symbol") or "")
        refused = context.withholds(subject) or context.withholds_series(subject)
        if refused:
            said.append(refused)
            values.append(fact.get("value"))
        facts.append({**FACT.take(fact), "value": None if refused else fact.get("value")})
    secret = [abs(value) for value in values if isinstance(value, int | float)]
    calls = [
        {**CALL.take(call), **{name: _without(call.get(name), secret) for name in ("title", "action", "against")}}
        for call in note["recommendations"] or []
    ]
    told = {name: _without(note[name], secret) for name in ("summary", "why")}
    return {**note, **told, "recommendations": calls, "facts": facts}, said


def _without(words: str | None, secret: list[float]) -> str | None:
    """The words without the numbers that are a secret value to their own rounding; dates stay."""

    def left_out(match: re.Match[str]) -> str:
        number = match["number"]
        if number is None:
            return match[0]
        bare = number.replace(",", "")
        decimals = len(bare.partition(".")[2])
        short = decimals == 0 and len(bare) < 3  # 5 symbols, 21 sessions
        hidden = not short and any(abs(value - float(bare)) <= 0.51 * 10**-decimals for value in secret)
        return "[left out]" if hidden else number

    return _NUMBER.sub(left_out, words) if words and secret else words


def _sources(facts: list[JsonObject], context: SiteContext) -> list[str]:
    named = {fact["source"] for fact in facts if fact["source"] in context.terms}
    subjects = [str(fact["symbol"]) for fact in facts]
    return [*named, *context.sources_of(subjects), *context.sources_of_series(subjects)]


def _note(
    note: JsonObject, comments: list[JsonObject], context: SiteContext, path: str, extra: Mapping[str, Any]
) -> Artifact:
    shown, said = open_note(note, context)
    if comments and context.public:
        comments, said = [], [*said, COMMENTS_WITHHELD]
    facts = shown["facts"]
    own = {
        **_NOTE.take(shown),
        "label": label_of(note),
        "checked": check_of(note),
        "recommendations": shown["recommendations"],
        "facts": facts,
        "comments": comments,
        **extra,
    }
    schema = "schema/recommendations-latest.json" if extra else "schema/recommendations.json"
    return Artifact(path, schema, document(context, _sources(facts, context), own, said))


def _track_record(answers: Answers, context: SiteContext) -> Artifact:
    recent = answers["recent_calls"].of()
    pending = answers["pending"].first()
    own = {
        "rows": [RECORD.take(row) for row in answers["track_record"].of()],
        "pending": pending["pending"] if pending else 0,
        "recent": recent,
    }
    sources = context.sources_of(row["symbol"] for row in recent)
    return Artifact("data/track-record.json", "schema/track-record.json", document(context, sources, own))


def recorded(rows: list[JsonObject]) -> QueryResult:
    """The rows of `etl.notes.scoring.track_record` as the answer that this family reads as `track_record`."""
    return QueryResult({(): [tidy(row) for row in rows]})


def _artifacts(answers: Answers, context: SiteContext) -> Iterator[Artifact]:
    notes, comments = answers["notes"].of(), answers["comments"]
    dates = {"dates": [note["for_date"] for note in notes]}
    newest = notes[0] if notes else _NOTE.empty()
    yield _note(newest, comments.of(newest["for_date"]), context, "data/recommendations/latest.json", dates)
    for note in notes:
        path = f"data/recommendations/{note['for_date']}.json"
        yield _note(note, comments.of(note["for_date"]), context, path, {})
    yield _track_record(answers, context)


def _note_schema(path: str, title: str, extra: Mapping[str, JsonSchema]) -> JsonSchema:
    own = {
        **{name: one.to_schema() for name, one in _NOTE.fields.items()},
        "label": LABEL.to_schema(),
        "checked": CHECK.to_schema(),
        "recommendations": array(CALL.to_schema("A call"), "Calls"),
        "facts": array(FACT.to_schema("A fact"), "The facts that the note was given"),
        "comments": array(COMMENT.to_schema("A comment"), "What analysts say of the note, oldest first"),
        **extra,
    }
    return document_schema(path, title, "The day's note. Research output, not investment advice.", own)


_DATES = array(Field("date", "Date", nullable=False).to_schema(), "Dates that have a file of their own, newest first")
_SCHEMAS = {
    "schema/recommendations.json": _note_schema("schema/recommendations.json", "A day's note", {}),
    "schema/recommendations-latest.json": _note_schema(
        "schema/recommendations-latest.json", "The latest note", {"dates": _DATES}
    ),
    "schema/track-record.json": document_schema(
        "schema/track-record.json",
        "Track record",
        "Calls scored by fixed rule, per model, scope, stance, horizon and kind; horizons are not pooled.",
        {
            "rows": array(RECORD.to_schema("A record"), "Records"),
            "pending": count("Live calls that are not settled yet").to_schema(),
            "recent": array(_RECENT.to_schema("A settled call"), "Live calls settled last", most=RECENT_SHOWN),
        },
    ),
}
FAMILY = Family(_QUERIES, _SCHEMAS, _artifacts)
