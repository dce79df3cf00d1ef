"""What feeds hourly: order books (data/order-book/SYMBOL.json) and the last 24 hours (data/stats-24h.json)."""

from collections.abc import Iterator

from etl.market.releases import MAX_AGE_DAYS
from etl.site.artifacts.prices import statements
from etl.site.schema.columns import COLUMN_MEANINGS, count, percent, price, record, share, text, usd
from etl.site.schema.envelope import Answers, Artifact, Family, document, document_schema
from etl.site.schema.record import ArtifactQuery, Field, JsonObject, JsonSchema, Record, array, pair
from etl.site.schema.site_context import SiteContext

LEVELS_SHOWN = 200
_PRICE = Field("number", "Price", "quote currency", nullable=False, minimum=0)
_QUANTITY = Field("number", "Quantity", "base coin", nullable=False, minimum=0)
SUMMARY = record(
    "taken_at",
    mid=price("Middle"),
    spread=price("Spread"),
    spread_bps=Field("number", "Spread", "basis points of the middle"),
    bid_usd_1pct=usd("Bids within 1 % of the middle", minimum=0),
    ask_usd_1pct=usd("Asks within 1 % of the middle", minimum=0),
    imbalance=share("Imbalance", "(bids - asks) / (bids + asks), in USD within 1 % of the middle.", minimum=-1),
)
LEVEL = Record({"price": _PRICE, "quantity": _QUANTITY})
STATS = record(
    "symbol",
    "from_at",
    "to_at",
    minutes=count("Minutes that there are"),
    price=price("Last price"),
    change=price("Change over the 24 hours"),
    change_pct=percent("Change over the 24 hours"),
    high=COLUMN_MEANINGS["high"],
    low=COLUMN_MEANINGS["low"],
    volume=COLUMN_MEANINGS["volume"],
    quote_volume=COLUMN_MEANINGS["quote_volume"],
    trades=COLUMN_MEANINGS["trades"],
    taker_imbalance=COLUMN_MEANINGS["taker_imbalance"],
)
_QUERIES = {
    "book_summaries": ArtifactQuery(SUMMARY, "from marts.order_book_summary order by symbol", by=record("symbol")),
    "book_levels": ArtifactQuery(
        LEVEL,
        f"from marts.order_book where level <= {LEVELS_SHOWN} order by symbol, side, level",
        by=record("symbol", side=text("Side")),
    ),
    "book_sources": ArtifactQuery(
        record("source"),
        "from (select distinct symbol, source from marts.order_book) order by symbol, source",
        by=record("symbol"),
    ),
    "stats_24h": ArtifactQuery(
        STATS,
        """
        from marts.symbol_stats_24h
        left join (select symbol, position from marts.instruments) using (symbol)
        order by position, symbol
        """,
    ),
}
_MINUTES_FROM = ("binance",)  # no other source gives minutes


def _levels(answers: Answers, symbol: str, side: str) -> list[list[float]]:
    return [[row["price"], row["quantity"]] for row in answers["book_levels"].of(symbol, side)]


def _book(answers: Answers, context: SiteContext, symbol: str, summary: JsonObject) -> Artifact:
    said = statements(context, [symbol])
    own = {
        "symbol": symbol,
        **(SUMMARY.empty() if said else summary),
        "bids": [] if said else _levels(answers, symbol, "bid"),
        "asks": [] if said else _levels(answers, symbol, "ask"),
    }
    envelope = document(context, [row["source"] for row in answers["book_sources"].of(symbol)], own, said)
    return Artifact(f"data/order-book/{symbol}.json", "schema/order-book.json", envelope)


def _today(row: JsonObject, context: SiteContext) -> JsonObject:
    """A coin's last 24 hours; only which they were, where they are over for too long."""
    if context.age_days(row["to_at"]) <= MAX_AGE_DAYS["D"]:
        return row
    return {**STATS.empty(), **{name: row[name] for name in ("symbol", "from_at", "to_at")}}


def _artifacts(answers: Answers, context: SiteContext) -> Iterator[Artifact]:
    for key, rows in answers["book_summaries"].groups.items():
        yield _book(answers, context, key[0], rows[0])
    stats = [_today(row, context) for row in answers["stats_24h"].of()]
    said = statements(context, [row["symbol"] for row in stats])
    own = {"symbols": [row for row in stats if context.withholds(row["symbol"]) is None]}
    yield Artifact(
        "data/stats-24h.json", "schema/stats-24h.json", document(context, _MINUTES_FROM if stats else (), own, said)
    )


def _book_schema() -> JsonSchema:
    level = pair(_PRICE.to_schema(), _QUANTITY.to_schema(), "Price and quantity")
    own = {
        "symbol": COLUMN_MEANINGS["symbol"].to_schema(),
        **{name: one.to_schema() for name, one in SUMMARY.fields.items()},
        "bids": array(level, "Bids, the best first", most=LEVELS_SHOWN),
        "asks": array(level, "Asks, the best first", most=LEVELS_SHOWN),
    }
    return document_schema("schema/order-book.json", "Order book", "A snapshot, stamped when it was taken.", own)


_SCHEMAS = {
    "schema/order-book.json": _book_schema(),
    "schema/stats-24h.json": document_schema(
        "schema/stats-24h.json",
        "The last 24 hours",
        "From the minutes of the 24 hours to the newest final one.",
        {"symbols": array(STATS.to_schema("A symbol"), "Symbols, in the configured order")},
    ),
}
FAMILY = Family(_QUERIES, _SCHEMAS, _artifacts)
