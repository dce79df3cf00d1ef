"""Candles for the chart, as columns: data/candles/SYMBOL/1d.json and, where there are hourly bars, /1h.json."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from etl.site.artifacts.prices import DAYS, DAYS_READ, last_rows, published_days, statements, volume_unit
from etl.site.schema.columns import COLUMN_MEANINGS, OHLC, record, text
from etl.site.schema.envelope import Answers, Artifact, Family, document, document_schema
from etl.site.schema.record import ArtifactQuery, Field, JsonObject, JsonSchema, Record
from etl.site.schema.site_context import SiteContext

HOURS_READ = 500
INDICATORS = (
    "ma7", "ma30", "rsi14", "macd", "macd_signal", "macd_histogram", "bollinger_upper", "bollinger_middle",
    "bollinger_lower",
)  # fmt: skip
_TIME = Field(
    "integer", "Opening instant: of an equity's day the session's open", "seconds since 1970-01-01 UTC", nullable=False
)
HOUR = Record({"time": _TIME, **record(*OHLC, "volume", *INDICATORS).fields})
DAY = HOUR + record("pressure_pct")
# an hour of which minutes are missing would look like a quiet one
_WHOLE_HOURS = "(select * from marts.hourly_prices where is_complete)"
_HOURS = ArtifactQuery(
    record("opened_at", "source") + HOUR.without("time"),
    last_rows("opened_at", HOURS_READ, _WHOLE_HOURS, ("marts.hourly_metrics", INDICATORS)),
    by=record("symbol"),
)


def _artifact(context: SiteContext, instrument: JsonObject, interval: str, rows: list[JsonObject]) -> Artifact:
    symbol = instrument["symbol"]
    timed = [{**row, "time": int(datetime.fromisoformat(row["opened_at"]).timestamp())} for row in rows]
    own: dict[str, Any] = {
        "symbol": symbol,
        "interval": interval,
        "unit_price": "USDT" if instrument["kind"] == "crypto" else "USD",
        "volume_unit": volume_unit(instrument),
        "adjustment": "split",
        "source": rows[-1]["source"] if rows else None,
        "columns": (DAY if interval == "1d" else HOUR).columns(timed),
    }
    envelope = document(context, {row["source"] for row in rows}, own, statements(context, [symbol]))
    return Artifact(f"data/candles/{symbol}/{interval}.json", f"schema/candles-{interval}.json", envelope)


def _artifacts(answers: Answers, context: SiteContext) -> Iterator[Artifact]:
    for instrument in context.instruments:
        symbol = instrument["symbol"]
        yield _artifact(context, instrument, "1d", published_days(answers, context, symbol))
        hours = answers["hours"].of(symbol)
        if hours:
            yield _artifact(context, instrument, "1h", [] if context.withholds(symbol) else hours)


def _schema(interval: str, bar: Record, rows: int) -> JsonSchema:
    own = {
        "symbol": COLUMN_MEANINGS["symbol"].to_schema(),
        "interval": {"title": "Length of a bar", "const": interval},
        "unit_price": text("Unit of every price", nullable=False).to_schema(),
        "volume_unit": text("Unit of volume", "Shares, or the base coin.", nullable=False).to_schema(),
        "adjustment": {"title": "What prices are adjusted for", "const": "split"},
        "source": text("Who gave the last bar").to_schema(),
        "columns": bar.to_columns("Bars as columns of equal length, oldest first"),
    }
    meaning = f"The last {rows} final and complete bars of one symbol, with the indicators beside."
    return document_schema(f"schema/candles-{interval}.json", f"Candles of {interval}", meaning, own)


FAMILY = Family(
    {"days": DAYS, "hours": _HOURS},
    {
        "schema/candles-1d.json": _schema("1d", DAY, DAYS_READ),
        "schema/candles-1h.json": _schema("1h", HOUR, HOURS_READ),
    },
    _artifacts,
)
