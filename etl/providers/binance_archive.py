"""
Binance's archive of whole past months and days of candles: one zip of one CSV each, with its sha256 beside it.

Shape: `/data/spot/{monthly,daily}/klines/SYMBOL/INTERVAL/SYMBOL-INTERVAL-STAMP.zip` holds a CSV of the 12 columns of
`/api/v3/klines`; the same address with `.CHECKSUM` is a line of sha256sum, `<64 hex>  <file name>`. A zip is asked for
with its checksum (`Request.proof`): extraction keeps the checksum's answer first and notes what it says in the zip's
`checksum` header, so that a zip can be proven again whenever it is read.

Quirks: spot files have no header row, files of futures have one: told by the first byte. Times are microseconds from
2025 on and milliseconds before; a span may hold both, so each is told by its size. A day is out on the next day, a
month some days into the next; both have been late by a week (404), and some were put there short, or with a checksum
of another file: those rows are REST's then. Files are replaced later, so that the sha256 stays with the rows.

Rows never become Python objects here: a zip is read as one table of columns.

https://github.com/binance/binance-public-data
"""

import re
import struct
import zipfile
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from io import BytesIO
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
from isal import igzip_lib, isal_zlib  # inflates twice as fast as zlib
from pyarrow import compute

from etl.domain import (
    CRYPTO_1D,
    CRYPTO_1M,
    Bar,
    DataRequest,
    Limits,
    Provider,
    ProviderRow,
    Request,
    Response,
    Span,
    Terms,
)
from etl.errors import ProviderRefused, ResponseUnreadable
from etl.market.spans import LENGTHS
from etl.providers.binance import INTERVALS, LAST_STAMP, MICROSECONDS_FROM, OPENED
from etl.providers.parsing import refuse_status
from etl.providers.protocol import Survey

FLOATS = ("open", "high", "low", "close", "volume", "quote_volume", "taker_buy_volume", "taker_buy_quote_volume")
_COLUMNS = "opened open high low close volume closed quote_volume trades taker_buy_volume taker_buy_quote_volume unused"
READ = [name for name in _COLUMNS.split() if name not in ("closed", "unused")]
PATH = re.compile(r"/data/spot/(?:monthly|daily)/klines/([^/]+)/([^/]+)/\1-\2-(\d{4})-(\d\d)(?:-(\d\d))?\.zip")
CHECKSUM = ".CHECKSUM"
SHA256_LINE = re.compile(rb"([0-9a-fA-F]{64})[ \t]+\*?(\S+)\s*")
CHECKSUM_HEADER = "checksum"  # of a kept zip: what its CHECKSUM file said
DAY, MONTH_OUT = timedelta(days=1), timedelta(days=4)  # a month is looked for from its 5th day after on
LARGEST = 300_000_000  # bytes of one CSV: a month of minutes has 6 million
DEFLATED = 8
NUMBER = r"^\s*[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?\s*$"


class BinanceArchive(Provider):
    """Binance's public archive."""

    name = "binance_archive"
    title = "Binance's archive"
    base_url = "https://data.binance.vision"
    limits = Limits(parallel=4, timeout_s=60.0)
    terms = Terms(
        "Binance market data, for personal and internal use under Binance's terms.",
        "https://www.binance.com/en/terms",
        publishable=False,
    )
    datasets = (CRYPTO_1M, CRYPTO_1D)

    def plan(self, want: DataRequest, now: datetime) -> list[Request]:
        """Whole months, and whole days where a month is not whole or not out yet, within the want and out by `now`."""
        interval = INTERVALS.get(want.dataset)
        if interval is None:
            return []
        first = max(want.since or OPENED, OPENED) + DAY - timedelta(microseconds=1)  # the next midnight, or this one
        day, last = first.date(), min(want.until or now, now).date()
        requests = []
        while day < last:
            month_ends = (day.replace(day=28) + 4 * DAY).replace(day=1)
            is_month = day.day == 1 and month_ends <= last and _midnight(month_ends) + MONTH_OUT <= now
            stamp, size = (f"{day:%Y-%m}", "monthly") if is_month else (f"{day:%Y-%m-%d}", "daily")
            symbol = want.symbol.strip().upper()
            path = f"/data/spot/{size}/klines/{symbol}/{interval}/{symbol}-{interval}-{stamp}.zip"
            proof = Request(self.name, want.dataset, want.symbol, path + CHECKSUM)
            requests.append(Request(self.name, want.dataset, want.symbol, path, proof=proof))
            day = month_ends if is_month else day + DAY
        return requests

    def span(self, path: str, _params: dict[str, str]) -> Span | None:
        """The instants that a file speaks of; None for its checksum."""
        match = PATH.fullmatch(path)
        if match is None:
            return None
        year, month, day = int(match[3]), int(match[4]), int(match[5] or 1)
        first = date(year, month, day)
        last = first + DAY if match[5] else (first.replace(day=28) + 4 * DAY).replace(day=1)
        return _midnight(first), _midnight(last)

    def inspect(self, answer: Response) -> None:
        """
        Return where the body is a zip that its checksum proves, or a checksum of the zip that was asked for.

        Raises:
            ProviderRefused: 404: late, or there is none.
            ProviderDown, RateLimited: as the status says.
            ResponseUnreadable: a mismatch, no checksum to compare with, or not a zip of one CSV.
        """
        if answer.status in (403, 404):
            raise ProviderRefused(f"{self.title} has no {_file(answer)} (yet)")
        refuse_status(answer, self.title, keyed=False)
        if answer.request.path.endswith(CHECKSUM):
            self.proof(answer)
            return
        said = answer.headers.get(CHECKSUM_HEADER)
        if said is None:
            raise ResponseUnreadable(f"{_file(answer)}: no checksum to compare with")
        if said != answer.sha256:
            raise ResponseUnreadable(
                f"{_file(answer)}: its sha256 is {answer.sha256[:12]}, its CHECKSUM says {said[:12]}"
            )
        _member(answer)

    def proof(self, answer: Response) -> dict[str, str]:
        """The header that a checksum's answer adds to its zip's."""
        match = SHA256_LINE.fullmatch(answer.body)
        name = _file(answer).removesuffix(CHECKSUM)
        if match is None or match[2].decode("ascii", "replace") != name:
            raise ResponseUnreadable(f"{name}: its CHECKSUM is not a line of sha256sum")
        return {CHECKSUM_HEADER: match[1].decode().lower()}

    def survey(self, answer: Response) -> Survey:
        """How many rows a zip holds and what is missing in it; the rows are looked at only where some are."""
        span = self.span(answer.request.path, {})
        if span is None:
            return Survey(0, None)
        text = _inflated(answer)
        length = LENGTHS[INTERVALS[answer.request.dataset]]
        lines = text.count(b"\n") + (not text.endswith(b"\n") and bool(text)) - _has_header(text)
        if lines == (span[1] - span[0]) // length:
            return Survey(lines, span[1] - length)
        stamps = np.unique(_micros(self._columns(text)["opened"]).drop_null().to_numpy())
        grid = np.arange(_stamp(span[0]), _stamp(span[1]), length // timedelta(microseconds=1))
        missing = grid[~np.isin(grid, stamps - stamps % (length // timedelta(microseconds=1)))]
        newest = max((at for at in stamps.tolist() if _stamp(span[0]) <= at < _stamp(span[1])), default=None)
        return Survey(lines, None if newest is None else _instant(newest), _runs(missing.tolist(), length))

    def read_table(self, answer: Response) -> pa.Table:
        """
        The candles of a zip as columns: `opened_at` (UTC, null where it is no time), eight figures, `trades`.

        Raises:
            ResponseUnreadable: not the documented columns.
        """
        columns = self._columns(_inflated(answer))
        opened = _micros(columns["opened"])
        is_time = compute.and_(compute.greater_equal(opened, 0), compute.less(opened, LAST_STAMP))
        at = compute.if_else(is_time, opened, pa.scalar(None, pa.int64())).cast(pa.timestamp("us"))
        rest = {name: columns[name] for name in (*FLOATS, "trades")}
        return pa.table({"opened_at": at, **rest})

    def parse(self, answer: Response) -> Iterator[ProviderRow]:
        """The same as Bars, one by one: for who reads few of them."""
        if answer.request.path.endswith(CHECKSUM):
            return
        interval = INTERVALS[answer.request.dataset]
        for row in self.read_table(answer).to_pylist():
            opened_at = row.pop("opened_at")
            if opened_at is not None:
                yield Bar(answer.request.symbol, interval, opened_at.replace(tzinfo=UTC), **row)

    def _columns(self, text: bytes) -> pa.Table:
        """The CSV's columns, typed; a value that is no number is null."""
        try:
            return _read_csv(
                text, {name: pa.float64() for name in FLOATS} | {"opened": pa.int64(), "trades": pa.int64()}
            )
        except pa.ArrowInvalid:
            pass  # a value of another type somewhere: read as text, and each value is looked at
        try:
            found = _read_csv(text, dict.fromkeys(READ, pa.string()))
        except pa.ArrowInvalid as error:
            raise ResponseUnreadable(f"a CSV of {self.title} cannot be read: {str(error)[:80]}") from None
        whole = {"opened": pa.int64(), "trades": pa.int64()}
        return pa.table({name: _numbers(found[name]).cast(whole.get(name, pa.float64()), safe=False) for name in READ})


def _read_csv(text: bytes, types: dict[str, Any]) -> pa.Table:
    """The columns that are read, of every line that has all twelve."""
    return pa.csv.read_csv(
        pa.BufferReader(text),
        read_options=pa.csv.ReadOptions(column_names=_COLUMNS.split(), skip_rows=_has_header(text), use_threads=False),
        parse_options=pa.csv.ParseOptions(quote_char=False, invalid_row_handler=lambda row: "skip"),
        convert_options=pa.csv.ConvertOptions(column_types=types, include_columns=READ, strings_can_be_null=True),
    )


def _numbers(texts: pa.ChunkedArray) -> pa.ChunkedArray:
    """Doubles where a text is a number, null elsewhere."""
    is_number = compute.match_substring_regex(texts, NUMBER)
    return compute.if_else(is_number, compute.utf8_trim_whitespace(texts), pa.scalar(None, pa.string())).cast("float64")


def _micros(opened: pa.ChunkedArray) -> pa.ChunkedArray:
    """Microseconds, from either unit."""
    return compute.if_else(compute.greater(opened, int(MICROSECONDS_FROM)), opened, compute.multiply(opened, 1000))


def _has_header(text: bytes) -> int:
    """1 where the first line names the columns, as files of futures do."""
    return int(bool(text) and not text[:1].isdigit())


def _member(answer: Response) -> zipfile.ZipInfo:
    """The one CSV of a zip."""
    try:
        found = zipfile.ZipFile(BytesIO(answer.body)).infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, struct.error):
        raise ResponseUnreadable(f"{_file(answer)} is not a zip") from None
    if len(found) != 1 or found[0].compress_type != DEFLATED or found[0].file_size > LARGEST:
        raise ResponseUnreadable(f"{_file(answer)} is not a zip of one CSV")
    return found[0]


def _inflated(answer: Response) -> bytes:
    """The CSV, its length and CRC checked."""
    member, body = _member(answer), answer.body
    name, extra = struct.unpack_from("<HH", body, member.header_offset + 26)
    start = member.header_offset + 30 + name + extra
    try:
        text = isal_zlib.decompress(body[start : start + member.compress_size], -15, member.file_size or 1)
    except (igzip_lib.IsalError, struct.error):  # type: ignore[misc]  # its stubs call the exception an object
        raise ResponseUnreadable(f"{_file(answer)} cannot be inflated") from None
    if len(text) != member.file_size or isal_zlib.crc32(text) != member.CRC:
        raise ResponseUnreadable(f"{_file(answer)} is broken: its length or CRC is another")
    return bytes(text)


def _runs(stamps: list[int], length: timedelta) -> tuple[Span, ...]:
    """Missing open times as spans."""
    spans: list[Span] = []
    for stamp in stamps:
        at = _instant(stamp)
        if spans and spans[-1][1] == at:
            spans[-1] = (spans[-1][0], at + length)
        else:
            spans.append((at, at + length))
    return tuple(spans)


def _file(answer: Response) -> str:
    return answer.request.path.rsplit("/", 1)[-1]


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _stamp(at: datetime) -> int:
    return (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def _instant(stamp: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=stamp)
