"""Every column that artifacts share, once: its kind, unit and meaning. A family adds only what is its own."""

import re

from etl.config.settings import data_folder
from etl.models.indicator_columns import Column, indicator_columns
from etl.site.schema.record import Field, Kind, Record


def usd(title: str, meaning: str = "", minimum: float | None = None) -> Field:
    """An amount in US dollars."""
    return Field("number", title, "USD", meaning, minimum=minimum)


def percent(title: str, meaning: str = "", minimum: float | None = None, maximum: float | None = None) -> Field:
    """A number of percent: 1.5 means 1.5 %."""
    return Field("number", title, "percent", meaning, minimum=minimum, maximum=maximum)


def price(title: str, meaning: str = "") -> Field:
    """A price in the symbol's quote currency."""
    return Field("number", title, "quote currency", meaning)


def share(title: str, meaning: str = "", minimum: float = 0) -> Field:
    """A number from 0 (or -1) to 1."""
    return Field("number", title, "1", meaning, minimum=minimum, maximum=1)


def pressure(meaning: str) -> Field:
    """Buying pressure: an estimate from prices and volumes, never an amount."""
    return Field("number", "Buying pressure, estimated", "-100 to 100", meaning, minimum=-100, maximum=100)


def count(title: str, meaning: str = "") -> Field:
    """A whole number of things."""
    return Field("integer", title, "count", meaning, minimum=0)


def text(title: str, meaning: str = "", nullable: bool = True, choices: tuple[str, ...] = ()) -> Field:
    """Words."""
    return Field("text", title, "", meaning, nullable=nullable, choices=choices)


def when(kind: Kind, title: str, meaning: str = "", nullable: bool = True) -> Field:
    """A date of an exchange (ISO) or an instant (ISO, UTC, with Z)."""
    return Field(kind, title, "UTC" if kind == "instant" else "", meaning, nullable=nullable)


def _indicator(column: Column) -> Field:
    """A column of `sql/indicators`, as its file says it; a unit such as `0 to 100` is its range too."""
    bounds = re.fullmatch(r"(-?\d+) to (\d+)", column.unit)
    least, most = map(float, bounds.groups()) if bounds else (None, None)
    return Field("number", column.title, column.unit, column.meaning, minimum=least, maximum=most)


WINDOW_SESSIONS = {"1D": 1, "1W": 5, "1M": 21, "3M": 63, "1Y": 252}  # a window and its US sessions

_NAMES = {
    "symbol": text("Symbol", nullable=False),
    "name": text("Name"),
    "node": text("Node", "The region or asset class; its numbers are those of `symbol`.", nullable=False),
    "position": Field("integer", "Place in the configured order"),
    "kind": text("Kind"),
    "source": text("Source", "Who gave the row."),
    "window": text("Window", nullable=False, choices=tuple(WINDOW_SESSIONS)),
    "sessions": Field("integer", "US sessions in the window", "sessions", nullable=False, minimum=1),
    "trade_date": when("date", "Session of the exchange (crypto: the UTC day)", nullable=False),
    "opened_at": when("instant", "Opening instant of the bar", nullable=False),
    "anchor_date": when("date", "Anchor", "The last final US session; the picture ends there."),
    "from_date": when("date", "First session of the window"),
    "for_date": when("date", "The session that the note is about"),
    "published_at": when("instant", "Published"),
    "taken_at": when("instant", "When the snapshot was taken"),
    "from_at": when("instant", "From"),
    "to_at": when("instant", "To"),
}
_BARS = {
    "open": price("Open"),
    "high": price("High"),
    "low": price("Low"),
    "close": price("Close", "Split-adjusted for ex-dates up to the as-of day."),
    "close_as_traded": price("Close as traded", "Without any adjustment."),
    "volume": Field("number", "Volume", "volume_unit", minimum=0),
    "quote_volume": Field("number", "Volume in the quote currency", "quote currency", minimum=0),
    "trades": count("Trades"),
}
_METRICS = {
    "return_pct": percent("Return", "100 * (close / previous close - 1)."),
    "total_return_pct": percent("Total return", "The return with dividends."),
    **{column.name: _indicator(column) for column in indicator_columns(data_folder("sql"))},
}
_TRADED = {
    "turnover_usd": usd("Turnover", "Volume times the typical price; Binance's own quote volume.", minimum=0),
    "pressure_pct": pressure(
        "100 * (2 * Phi(x / s) - 1), x the log total return less that of cash, s its deviation over 60 days; over a "
        "window the mean of the days, weighted by turnover. Not a record of money that moved."
    ),
    "taker_imbalance": share("Taker imbalance", "Binance's own buyers minus sellers, of the volume.", minimum=-1),
    "volatility_pct": percent("Volatility", "volatility20_pct at the anchor.", minimum=0),
}
COLUMN_MEANINGS = {**_NAMES, **_BARS, **_METRICS, **_TRADED}
OHLC = ("open", "high", "low", "close")
METRIC_COLUMNS = tuple(_METRICS)


def record(*names: str, **own: Field) -> Record:
    """A record of the glossary's words, then of the family's own."""
    return Record({**{name: COLUMN_MEANINGS[name] for name in names}, **own})
