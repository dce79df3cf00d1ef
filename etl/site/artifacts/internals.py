"""The state of the market at a glance: data/internals.json, data/dashboard.json and data/correlations.json."""

from collections.abc import Iterator
from typing import Any

from etl.market.releases import MAX_AGE_DAYS
from etl.site.artifacts.prices import DAYS, statements
from etl.site.artifacts.recommendations import CHECK, LABEL, NOTES, check_of, label_of, open_note
from etl.site.schema.columns import COLUMN_MEANINGS, count, pressure, record, share, text, usd, when
from etl.site.schema.envelope import Answers, Artifact, Family, document, document_schema
from etl.site.schema.record import ArtifactQuery, Field, JsonObject, Record, array, obj, or_null
from etl.site.schema.site_context import SiteContext

VIX = "VIXCLS"
QUOTED = ("SPY", "QQQ")
HISTORY_SHOWN = 60
BIASES = ("BULLISH", "MIXED", "BEARISH")
REGIMES = ("CALM", "NORMAL", "ELEVATED", "STRESSED")

_VIX = Field("number", "VIX", "index points", minimum=0)
_REGIME = text("Volatility regime", "Relative: the VIX among its last 252 values.", choices=REGIMES)
_BIAS = text("Market bias", choices=BIASES)
_BREADTH = share("Breadth", "(advancers - decliners) / count.", minimum=-1)
_MOMENTUM = share("Momentum score", "2 * (share of symbols above their mean of 30) - 1.", minimum=-1)
_PRESSURE = pressure("Mean of the counted symbols' pressure on the day, weighted by turnover.")
_STRENGTH = share("Correlation strength", "Mean |r| over 60 sessions of the nodes' first symbols.")
_PERCENTILE = share("Rank of the VIX among its last 252 values")
_HISTORY = {
    "breadth": _BREADTH,
    "momentum_score": _MOMENTUM,
    "pressure_pct": _PRESSURE,
    "vix": _VIX,
    "vix_date": when("date", "Date of the VIX"),
    "correlation_strength": _STRENGTH,
}
HISTORY_ROW = record("trade_date", **_HISTORY)
_INTERNALS = HISTORY_ROW + Record(
    {
        "symbols": count("Symbols counted"),
        "advancers": count("Advancers"),
        "decliners": count("Decliners"),
        "unchanged": count("Unchanged"),
        "advance_decline_ratio": Field("number", "Advancers / decliners", "1", minimum=0),
        "vix_percentile": _PERCENTILE,
        "volatility_regime": _REGIME,
        "market_bias": _BIAS,
    }
)
_CRYPTO = record(
    "from_at", "to_at", symbols=count("Symbols tracked"), volume_usd=usd("Volume", minimum=0),
    taker_imbalance=COLUMN_MEANINGS["taker_imbalance"],
)  # fmt: skip
_QUOTE = record("symbol", "trade_date", "close", "return_pct")
NOTE = record(
    "for_date",
    summary=text("Summary"),
    model=text("Model"),
    verified=Field("boolean", "Its figures are found in the facts; its wording is not checked"),
    label=LABEL,
    checked=CHECK,
)
CORRELATION = Record(
    {
        "symbol_a": text("JsonObject"),
        "symbol_b": text("Column"),
        **record("anchor_date").fields,
        "r": share("Pearson correlation", minimum=-1),
        "n": count("Returns that it is computed from"),
    }
)
_QUERIES = {
    "days": DAYS,
    "notes": NOTES,
    "internals": ArtifactQuery(
        _INTERNALS,
        f"""
        from (from marts.market_internals order by trade_date desc limit {HISTORY_SHOWN}) order by trade_date
        """,
    ),
    "crypto_internals": ArtifactQuery(_CRYPTO, "from marts.crypto_internals_60m order by to_at desc limit 1"),
    "correlations": ArtifactQuery(
        CORRELATION,
        """
        from marts.correlations
        left join (select symbol as symbol_a, position as place_a from marts.instruments) using (symbol_a)
        left join (select symbol as symbol_b, position as place_b from marts.instruments) using (symbol_b)
        order by days, place_a, symbol_a, place_b, symbol_b
        """,
        by=Record({"days": count("Returns in a full window")}),
    ),
}


def _open(row: JsonObject, context: SiteContext) -> JsonObject:
    """A row of internals; without the level of the VIX where that may not be published again."""
    return {**row, "vix": None} if context.withholds_series(VIX) else row


def _vix_statement(context: SiteContext) -> list[str]:
    said = context.withholds_series(VIX)
    return [said] if said else []


def _fed_by(context: SiteContext, *symbols: str) -> list[str]:
    return [*context.sources_of(symbols), *context.sources_of_series([VIX])]


def _internals(answers: Answers, context: SiteContext) -> Artifact:
    rows, hour = [_open(row, context) for row in answers["internals"].of()], answers["crypto_internals"].first()
    own = {
        "latest": rows[-1] if rows else _INTERNALS.empty(),
        "history": [HISTORY_ROW.take(row) for row in rows],
        "crypto": hour if hour and context.age_days(hour["to_at"]) <= MAX_AGE_DAYS["D"] else None,
    }
    symbols = [one["symbol"] for one in context.instruments]
    envelope = document(context, _fed_by(context, *symbols), own, _vix_statement(context))
    return Artifact("data/internals.json", "schema/internals.json", envelope)


def _quotes(answers: Answers, context: SiteContext) -> list[JsonObject]:
    """The last closes; of one that is too old to be today's only its date."""
    days = [(symbol, answers["days"].of(symbol)) for symbol in QUOTED if not context.withholds(symbol)]
    lasts = [{**rows[-1], "symbol": symbol} for symbol, rows in days if rows]
    gone = {"close": None, "return_pct": None}
    return [
        {**_QUOTE.take(row), **(gone if context.age_days(row["trade_date"]) > MAX_AGE_DAYS["D"] else {})}
        for row in lasts
    ]


def _dashboard(answers: Answers, context: SiteContext) -> Artifact:
    rows = answers["internals"].of()
    row = _open(rows[-1] if rows else _INTERNALS.empty(), context)
    notes = answers["notes"].of()
    note, note_said = open_note(notes[0] if notes else NOTES.record.empty(), context)
    same = ("market_bias", "volatility_regime", "pressure_pct", "breadth", "momentum_score")
    own: dict[str, Any] = {
        "trade_date": row["trade_date"],
        **{name: row[name] for name in same},
        "vix": {"value": row["vix"], "date": row["vix_date"], "percentile": row["vix_percentile"]},
        "quotes": _quotes(answers, context),
        "note": NOTE.take({**note, "label": label_of(note), "checked": check_of(note)}) if notes else None,
    }
    said = [*_vix_statement(context), *statements(context, QUOTED), *note_said]
    envelope = document(context, _fed_by(context, *QUOTED), own, said)
    return Artifact("data/dashboard.json", "schema/dashboard.json", envelope)


def _matrix(days: int, rows: list[JsonObject]) -> JsonObject:
    symbols = list(dict.fromkeys(row["symbol_a"] for row in rows))
    cells = {(row["symbol_a"], row["symbol_b"]): row for row in rows}
    values = {name: [[cells.get((a, b), {}).get(name) for b in symbols] for a in symbols] for name in ("r", "n")}
    return {"days": days, "symbols": symbols, **values}


def _correlations(answers: Answers, context: SiteContext) -> Artifact:
    groups = answers["correlations"].groups
    anchors = [row["anchor_date"] for rows in groups.values() for row in rows]
    windows = [_matrix(key[0], rows) for key, rows in groups.items()]
    symbols = {symbol for window in windows for symbol in window["symbols"]}
    own = {"anchor_date": anchors[0] if anchors else None, "windows": windows}
    envelope = document(context, context.sources_of(symbols), own)
    return Artifact("data/correlations.json", "schema/correlations.json", envelope)


def _artifacts(answers: Answers, context: SiteContext) -> Iterator[Artifact]:
    yield _internals(answers, context)
    yield _dashboard(answers, context)
    yield _correlations(answers, context)


def _matrix_schema(name: str) -> dict[str, Any]:
    cell = CORRELATION.fields[name].to_schema()
    return array(array(cell, "A row"), CORRELATION.fields[name].title, "One row for each symbol, in `symbols`' order.")


_VIX_TILE = {"value": _VIX, "date": when("date", "Date of the VIX"), "percentile": _PERCENTILE}
_SCHEMAS = {
    "schema/internals.json": document_schema(
        "schema/internals.json",
        "Market internals",
        "Per US session over the watchlist and the equity ETFs; for crypto the last 60 minutes.",
        {
            "latest": Record({**_INTERNALS.fields, "trade_date": when("date", "Session")}).to_schema(
                "The last session"
            ),
            "history": array(HISTORY_ROW.to_schema("A session"), "Sessions, oldest first", most=HISTORY_SHOWN),
            "crypto": or_null(_CRYPTO.to_schema("The last 60 minutes of crypto")),
        },
    ),
    "schema/dashboard.json": document_schema(
        "schema/dashboard.json",
        "The day at a glance",
        "The tiles on top of the page, from the same rows as the panels below.",
        {
            "trade_date": when("date", "Session of the figures below").to_schema(),
            "market_bias": _BIAS.to_schema(),
            "volatility_regime": _REGIME.to_schema(),
            "pressure_pct": _PRESSURE.to_schema(),
            "breadth": _BREADTH.to_schema(),
            "momentum_score": _MOMENTUM.to_schema(),
            "vix": obj("VIX", {name: one.to_schema() for name, one in _VIX_TILE.items()}),
            "quotes": array(_QUOTE.to_schema("A quote"), "Last closes"),
            "note": or_null(NOTE.to_schema("The latest note")),
        },
    ),
    "schema/correlations.json": document_schema(
        "schema/correlations.json",
        "Correlations",
        "Pearson of total log returns between consecutive common dates.",
        {
            "anchor_date": COLUMN_MEANINGS["anchor_date"].to_schema(),
            "windows": array(
                obj(
                    "A window",
                    {
                        "days": {"title": "Returns in a full window", "type": "integer"},
                        "symbols": array({"type": "string"}, "Symbols, in the configured order"),
                        "r": _matrix_schema("r"),
                        "n": _matrix_schema("n"),
                    },
                ),
                "Windows",
            ),
        },
    ),
}
FAMILY = Family(_QUERIES, _SCHEMAS, _artifacts)
