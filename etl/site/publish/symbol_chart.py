"""Chart: one symbol as a picture without a browser, by the page's spec: candles, bands, volume, pressure, RSI, MACD."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from etl.domain import Outcome
from etl.errors import FolderUnusable, UsageWrong
from etl.site.artifacts.candles import DAY, HOUR, HOURS_READ, INDICATORS
from etl.site.artifacts.prices import DAYS_READ, last_rows
from etl.site.feeds.digest_picture import FONT, QUIET, TEXT, WARN
from etl.site.publish import render
from etl.site.schema.columns import record
from etl.site.schema.format import day, instant, percent, plain, price
from etl.site.schema.record import ArtifactQuery, JsonObject, Record

if TYPE_CHECKING:
    import duckdb

FORMS = ("png", "svg")
RANGES = {"1W": 7, "1M": 31, "3M": 92, "6M": 184, "1Y": 366, "All": None}  # days, as the page's
_TIME = Record({name: one for name, one in HOUR.fields.items() if name == "time"})
_KNOWN = "select symbol, name from marts.instruments where kind <> 'macro' order by position, symbol"
_PUBLICATION = """
select strftime(as_of, '%Y-%m-%dT%H:%M:%SZ'), run_id, demo, basis from lake.publication
"""


def _query(interval: str) -> ArtifactQuery:
    at, name, rows, bars = {
        "1d": ("trade_date", "daily", DAYS_READ, DAY),
        "1h": ("opened_at", "hourly", HOURS_READ, HOUR),
    }[interval]
    relation = f"(select * from marts.{name}_prices where symbol = $symbol)"
    beside: list[tuple[str, tuple[str, ...]]] = [(f"marts.{name}_metrics", INDICATORS)]
    beside += [("marts.money_flow_daily", ("pressure_pct",))] if interval == "1d" else []
    fields = record("opened_at", "source") + bars.without(*_TIME.fields)
    return ArtifactQuery(fields, last_rows(at, rows, relation, *beside))


_QUERIES = {interval: _query(interval) for interval in ("1d", "1h")}


def run(
    warehouse: "duckdb.DuckDBPyConnection",
    symbol: str,
    out: Path | None,
    *,
    interval: str = "1d",
    span: str = "6M",
    timezone: str,
    specs: Path,
) -> Outcome:
    """
    Draw a symbol's last bars into `out` (.png or .svg; default SYMBOL.png where the user stands).

    Raises:
        UsageWrong: a symbol, interval, range or kind of file that there is not; the message lists those that exist.
        FolderUnusable: the file cannot be written.
        PictureFailed: vl-convert could not draw it.
    """
    target = out or Path(f"{symbol}.png")
    form = _one_of(target.suffix.removeprefix(".").lower(), FORMS, "-o")
    _one_of(interval, tuple(_QUERIES), "--interval")
    _one_of(span, tuple(RANGES), "--range")
    names = dict(warehouse.execute(_KNOWN).fetchall())
    _one_of(symbol, tuple(names), "chart")
    query = _QUERIES[interval]
    rows = query.read(warehouse.execute(query.sql, {"symbol": symbol}).fetchall()).of()
    if not rows:
        raise UsageWrong(f"chart: {symbol} has no final bars of {interval} in this warehouse")
    publication = warehouse.execute(_PUBLICATION).fetchone() or ("", "", False, "")
    spec = json.loads((specs / "price.json").read_text(encoding="utf-8"))
    title = _title(symbol, names[symbol], interval, rows, publication, timezone)
    shown = _within(rows, RANGES[span])
    body = render.chart(_filled(spec, title, shown), form)
    _write(target, body)
    return Outcome(f"{target}: {symbol}, {len(shown)} bars of {interval}, as of {publication[0]}")


def _one_of(given: str, allowed: tuple[str, ...], where: str) -> str:
    if given not in allowed:
        raise UsageWrong(f"{where}: {given!r}; allowed: {', '.join(allowed)}")
    return given


def _within(rows: list[JsonObject], days: int | None) -> list[JsonObject]:
    timed = [{**row, "time": int(datetime.fromisoformat(row["opened_at"]).timestamp())} for row in rows]
    first = timed[-1]["time"] - timedelta(days=days).total_seconds() if days else 0
    return [row for row in timed if row["time"] > first]


def _title(
    symbol: str, name: str | None, interval: str, rows: list[JsonObject], publication: tuple[Any, ...], timezone: str
) -> dict[str, Any]:
    as_of, run_id, is_demo, basis = publication
    last, before = rows[-1], rows[-2]["close"] if len(rows) > 1 else None
    change = 100 * (last["close"] / before - 1) if before else None
    when = day(last["opened_at"]) if interval == "1d" else instant(last["opened_at"], timezone)
    kind = "Daily, split-adjusted" if interval == "1d" else "Hourly"
    marks = ["Demo: made-up numbers."] if is_demo else []
    marks += ["Reconstructed."] if basis == "published" else []
    return {
        "text": f"{symbol}, {plain(name)}: {price(last['close'])}, {percent(change, signed=True)} on {when}",
        "subtitle": [
            " ".join([*marks, f"{kind}; hollow closed up, filled closed down; Bollinger 20, 2 sigma."]),
            f"As of {instant(as_of, timezone)}, run {run_id}, source {last['source']}. Buying pressure is estimated.",
        ],
        "subtitleColor": WARN if marks else QUIET,
        "color": TEXT,
        "fontSize": 17,
        "fontWeight": "bold",
        "subtitleFontSize": 12,
        "offset": 14,
    }


def _filled(spec: Mapping[str, Any], title: Mapping[str, Any], rows: list[JsonObject]) -> dict[str, Any]:
    panes = [
        one for one in spec["vconcat"] if "name" not in one or any(row.get(one["name"]) is not None for row in rows)
    ]
    config = {**spec["config"], "font": FONT}
    return {
        **spec, "title": title, "vconcat": panes, "config": config, "padding": 20, "datasets": {"rows": rows},
    }  # fmt: skip


def _write(target: Path, body: bytes) -> None:
    try:
        target.write_bytes(body)
    except OSError as error:
        raise FolderUnusable(f"{target}: {error.strerror or error}") from None
