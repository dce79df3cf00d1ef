"""Daily prices and metrics: data/metrics.json (all symbols, the latest) and data/metrics/SYMBOL.json (one, a year)."""

from collections.abc import Iterable, Iterator
from typing import Any

from etl.site.schema.columns import COLUMN_MEANINGS, METRIC_COLUMNS, OHLC, record, text
from etl.site.schema.envelope import Answers, Artifact, Family, document, document_schema
from etl.site.schema.record import ArtifactQuery, Field, JsonObject, JsonSchema, Record, array, obj
from etl.site.schema.site_context import SiteContext

CLOSES_SHOWN, DAYS_OF_A_SYMBOL, DAYS_READ = 30, 260, 400
TRADED = ("turnover_usd", "pressure_pct", "taker_imbalance")
_SYMBOL = Record(
    {
        **record("symbol", "name", "kind").fields,
        "groups": Field("json", "Groups", schema=array({"type": "string"}, "Groups")),
        "volume_unit": text("Unit of volume", "Shares, or the base coin.", nullable=False),
    }
)
PRICE = record("trade_date", *OHLC, "close_as_traded", "volume", "source")
METRIC = record("trade_date", "close", *METRIC_COLUMNS, *TRADED)
LATEST = record("symbol") + METRIC + record("source")
CLOSES = record("trade_date", "close")


def last_rows(at: str, rows: int, relation: str, *others: tuple[str, tuple[str, ...]]) -> str:
    """
    Per symbol the last rows of a relation, oldest first, with columns of other relations of the same grain beside.

    The rows are chosen by their keys alone and joined then: sorting wide rows of all history takes ten times as long.
    """
    key = f"symbol, {at}"
    newest_first = f"row_number() over (partition by symbol order by {at} desc)"
    joins = [f"left join (select {key}, {', '.join(names)} from {other}) using ({key})" for other, names in others]
    return f"""
    from (select {key} from {relation} qualify {newest_first} <= {rows})
    inner join {relation} using ({key})
    {" ".join(joins)}
    order by {key}
    """


_BESIDE = (("marts.daily_metrics", METRIC_COLUMNS), ("marts.money_flow_daily", TRADED))
DAYS = ArtifactQuery(
    PRICE + METRIC + record("opened_at"),
    last_rows("trade_date", DAYS_READ, "marts.daily_prices", *_BESIDE),
    by=record("symbol"),
)


def volume_unit(instrument: JsonObject) -> str:
    """Shares for an equity; the base coin for a pair against USDT."""
    return instrument["symbol"].removesuffix("USDT") if instrument["kind"] == "crypto" else "shares"


def described(instrument: JsonObject) -> JsonObject:
    """An instrument as artifacts describe it."""
    return {**_SYMBOL.take(instrument), "groups": instrument["groups"] or [], "volume_unit": volume_unit(instrument)}


def statements(context: SiteContext, symbols: Iterable[str]) -> list[str]:
    """What is withheld of these symbols."""
    return [said for symbol in symbols if (said := context.withholds(symbol)) is not None]


def published_days(answers: Answers, context: SiteContext, symbol: str) -> list[JsonObject]:
    """A symbol's days, oldest first; none where they are withheld."""
    return [] if context.withholds(symbol) else answers["days"].of(symbol)


def _range(days: Iterable[str]) -> JsonObject:
    dates = sorted(days)
    return {"from": dates[0], "to": dates[-1]} if dates else {"from": None, "to": None}


def _summary(answers: Answers, context: SiteContext) -> Artifact:
    symbols = [one["symbol"] for one in context.instruments]
    days = {symbol: published_days(answers, context, symbol) for symbol in symbols}
    known = {symbol: rows for symbol, rows in days.items() if rows}
    closes = {symbol: CLOSES.columns(rows[-CLOSES_SHOWN:]) for symbol, rows in known.items()}
    own: dict[str, Any] = {
        "range": _range(day for columns in closes.values() for day in columns["trade_date"]),
        "symbols": [described(one) for one in context.instruments],
        "prices": [{"symbol": symbol, **columns} for symbol, columns in closes.items()],
        "metrics": [LATEST.take({**rows[-1], "symbol": symbol}) for symbol, rows in known.items()],
    }
    envelope = document(context, context.sources_of(known), own, statements(context, symbols))
    return Artifact("data/metrics.json", "schema/metrics.json", envelope)


def _one_symbol(answers: Answers, context: SiteContext, instrument: JsonObject) -> Artifact:
    symbol = instrument["symbol"]
    rows = published_days(answers, context, symbol)[-DAYS_OF_A_SYMBOL:]
    own: dict[str, Any] = {
        **described(instrument),
        "range": _range(row["trade_date"] for row in rows),
        "prices": [PRICE.take(row) for row in rows],
        "metrics": [METRIC.take(row) for row in rows],
    }
    envelope = document(context, {row["source"] for row in rows}, own, statements(context, [symbol]))
    return Artifact(f"data/metrics/{symbol}.json", "schema/symbol-metrics.json", envelope)


def _artifacts(answers: Answers, context: SiteContext) -> Iterator[Artifact]:
    yield _summary(answers, context)
    for instrument in context.instruments:
        yield _one_symbol(answers, context, instrument)


def _range_schema(title: str) -> JsonSchema:
    return obj(title, {"from": Field("date", "First").to_schema(), "to": Field("date", "Last").to_schema()})


def _closes_schema() -> JsonSchema:
    closes = CLOSES.to_columns("A symbol's last closes, oldest first")
    closes["properties"]["symbol"] = COLUMN_MEANINGS["symbol"].to_schema()
    closes["required"] = sorted(closes["properties"])
    return closes


_SCHEMAS = {
    "schema/metrics.json": document_schema(
        "schema/metrics.json",
        "Last prices and metrics of every symbol",
        f"The last {CLOSES_SHOWN} closes and the latest metrics of each symbol.",
        {
            "range": _range_schema("First and last date of the closes"),
            "symbols": array(_SYMBOL.to_schema("A symbol"), "The universe, in the configured order"),
            "prices": array(_closes_schema(), "Closes"),
            "metrics": array(LATEST.to_schema("A symbol's latest row"), "Latest metrics"),
        },
    ),
    "schema/symbol-metrics.json": document_schema(
        "schema/symbol-metrics.json",
        "Prices and metrics of one symbol",
        f"The last {DAYS_OF_A_SYMBOL} final daily bars and their metrics.",
        {
            **{name: one.to_schema() for name, one in _SYMBOL.fields.items()},
            "range": _range_schema("First and last date"),
            "prices": array(PRICE.to_schema("A day"), "Daily bars, oldest first"),
            "metrics": array(METRIC.to_schema("A day"), "Metrics, oldest first"),
        },
    ),
}
FAMILY = Family({"days": DAYS}, _SCHEMAS, _artifacts)
