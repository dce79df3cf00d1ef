"""
What a bar must be to be true, for a whole table of candles at once: the rules and the words of `etl.market.validation`.

A table is read by columns (`ColumnarProvider.read_table`): no Python object is made of a row, but of those that are
refused.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa

from etl.domain import Bar, Interval, Response, Span
from etl.market.releases import AFTER_CLOSE
from etl.market.spans import LENGTHS
from etl.market.validation import why_untrue

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
FIGURES = ("open", "high", "low", "close", "volume", "quote_volume", "taker_buy_volume", "taker_buy_quote_volume")
UNREADABLE = "not a candle of 11 fields with an open time"
OUTSIDE = "outside the span that was asked for"


@dataclass(frozen=True, slots=True)
class Checked:
    """The rows of one table that can be true, as columns of `lake.bars`, and the others: (at, reason)."""

    bars: pa.Table
    refused: tuple[tuple[str, str], ...]


def checked(table: pa.Table, answer: Response, interval: Interval, span: Span | None) -> Checked:
    """
    A provider's table of candles, each row as `why_untrue` judges it, with its version beside.

    A candle that was still running when the answer came is left out; rows of one time that differ are refused.
    """
    figures = {name: _floats(table, name) for name in FIGURES}
    at = table["opened_at"].cast(pa.int64()).to_numpy(zero_copy_only=False).astype("float64")
    has_time = ~np.isnan(at)
    stamps = np.where(has_time, at, 0).astype("int64")
    server, length = (answer.server_time - _EPOCH) // _MICROSECOND, LENGTHS[interval] // _MICROSECOND
    first, last = ((x - _EPOCH) // _MICROSECOND for x in span) if span else (0, np.iinfo("int64").max)
    inside = has_time & (stamps >= first) & (stamps < last)
    running = inside & (stamps <= server) & (server < stamps + length)
    without_volume = table["volume"].is_null().to_numpy()
    fits = inside & ~running & _are_true(figures, without_volume) & (stamps <= server)
    refused = [
        (row, _why(table, row, answer, interval, bool(inside[row])))
        for row in np.flatnonzero(~fits & ~running).tolist()
    ]
    kept = np.flatnonzero(fits)
    kept, contradicting = _once(table, stamps, kept)
    refused += [(row, "the same row twice in one answer, with other values") for row in contradicting]
    said = tuple((_text(stamps[row], has_time[row]), reason) for row, reason in sorted(refused))
    return Checked(_dressed(table, kept, stamps, answer, interval), said)


def outermost(bars: pa.Table) -> list[datetime]:
    """When the oldest and the newest of checked bars opened; nothing of none."""
    opened = bars["opened_at"]
    return [opened[at].as_py().replace(tzinfo=UTC) for at in (0, -1)] if len(opened) else []


def _floats(table: pa.Table, name: str) -> Any:
    """A column as doubles, NaN where there is nothing."""
    return table[name].to_numpy(zero_copy_only=False).astype("float64", copy=False)


def _are_true(figures: dict[str, Any], without_volume: Any) -> Any:
    """The rules of `why_untrue` but the last, for every row; a volume that is not a number is not a missing one."""
    opened, high, low, close = (figures[name] for name in ("open", "high", "low", "close"))
    volume = np.where(without_volume, figures["quote_volume"], figures["volume"])
    with np.errstate(invalid="ignore"):
        are = (low > 0) & (high < np.inf) & (opened > 0) & (opened < np.inf) & (close > 0) & (close < np.inf)
        are &= (high >= np.maximum(opened, close)) & (low <= np.minimum(opened, close))
        return are & (volume >= 0) & (volume < np.inf)


def _why(table: pa.Table, row: int, answer: Response, interval: Interval, is_inside: bool) -> str:
    values = table.slice(row, 1).to_pylist()[0]
    opened_at = values.pop("opened_at")
    if opened_at is None:
        return UNREADABLE
    if not is_inside:
        return OUTSIDE
    bar = Bar(answer.request.symbol, interval, opened_at.replace(tzinfo=UTC), **values)
    return why_untrue(bar, answer.server_time) or "not a candle that can be true"


def _once(table: pa.Table, stamps: Any, rows: Any) -> tuple[Any, list[int]]:
    """Rows in time order without repetitions, and those that contradict another one of their time."""
    if rows.size == 0 or np.all(np.diff(stamps[rows]) > 0):
        return rows, []
    rows = rows[np.argsort(stamps[rows], kind="stable")]
    starts = np.flatnonzero(np.diff(stamps[rows], prepend=stamps[rows[0]] - 1))
    kept, contradicting = [], []
    for group in np.split(rows, starts[1:]):
        alike = group.size == 1 or len({str(table.slice(int(row), 1).to_pylist()) for row in group}) == 1
        kept += [int(group[0])] if alike else []
        contradicting += [] if alike else [int(row) for row in group]
    return np.array(kept, dtype="int64"), contradicting


def _dressed(table: pa.Table, rows: Any, stamps: Any, answer: Response, interval: Interval) -> pa.Table:
    """The kept rows with what `lake.bars` says beside: symbol, instants, version."""
    found = table if len(rows) == table.num_rows and np.all(rows == np.arange(len(rows))) else table.take(rows)
    opened, length = stamps[rows], LENGTHS[interval] // _MICROSECOND
    late, server = AFTER_CLOSE // _MICROSECOND, (answer.server_time - _EPOCH) // _MICROSECOND
    fetched = answer.answered_at.astimezone(UTC).replace(tzinfo=None)
    same = {
        "symbol": answer.request.symbol,
        "interval": interval,
        "source": answer.request.provider,
        "sequence": answer.sequence,
        "fetched_at": pa.scalar(fetched, pa.timestamp("us")),
        "sha256": answer.sha256,
        "adjustment": "raw",
        "adj_close": pa.scalar(None, pa.float64()),
    }
    columns = {name: _repeated(value, len(rows)) for name, value in same.items()}
    columns |= {name: found[name] for name in (*FIGURES, "trades")}
    columns["opened_at"] = pa.array(opened, pa.int64()).cast(pa.timestamp("us"))
    columns["published_at"] = pa.array(opened + (length + late), pa.int64()).cast(pa.timestamp("us"))
    columns["is_final"] = pa.array(opened + length <= server)
    return pa.table(columns)


def _repeated(value: Any, times: int) -> Any:
    """One value in every row; a word as a dictionary of one, which takes no time."""
    if not isinstance(value, str):
        return pa.repeat(value, times)
    return pa.DictionaryArray.from_arrays(pa.array(np.zeros(times, "int32")), pa.array([value]))


def _text(stamp: int, has_time: bool) -> str:
    return str(_EPOCH + int(stamp) * _MICROSECOND) if has_time else ""
