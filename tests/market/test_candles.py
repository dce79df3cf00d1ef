"""A table of candles is judged as its bars are one by one, with the same words."""

from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.domain import CRYPTO_1M, Bar, Request, Response
from etl.market.bar_tables import FIGURES, OUTSIDE, UNREADABLE, checked
from etl.market.validation import why_untrue
from etl.transform.parquet import ARROW_SCHEMAS, Parquet

AT = datetime(2025, 10, 30, tzinfo=UTC)
NOW = AT + timedelta(days=1)
MINUTE = timedelta(minutes=1)
SPAN = (AT, AT + timedelta(hours=1))
GOOD = {"open": 10.0, "high": 12.0, "low": 9.0, "close": 11.0, "volume": 5.0, "quote_volume": 50.0, "trades": 3}
GOOD |= {"taker_buy_volume": 1.0, "taker_buy_quote_volume": 10.0}
TYPES = {name: pa.float64() for name in FIGURES} | {"trades": pa.int64(), "opened_at": pa.timestamp("us")}


def kept(at=NOW):
    """An answer that came at an instant."""
    return Response(Request("binance_archive", CRYPTO_1M, "BTCUSDT", "/x"), 200, {}, b"zip", at, at, 7, "run-1")


def table(*rows):
    """Rows as columns; each is what differs from a good one, at minutes 0, 1, 2 unless it says otherwise."""
    full = [{"opened_at": (AT + i * MINUTE).replace(tzinfo=None), **GOOD, **row} for i, row in enumerate(rows)]
    return pa.table({name: pa.array([row[name] for row in full], kind) for name, kind in TYPES.items()})


def judged(*rows, at=NOW):
    """(minutes kept, reasons of the others)."""
    found = checked(table(*rows), kept(at), "1m", SPAN)
    opened = [row.replace(tzinfo=UTC) for row in found.bars["opened_at"].to_pylist()]
    return [(instant - AT) // MINUTE for instant in opened], [reason for _, reason in found.refused]


def at_minute(number):
    """Another open time."""
    return {"opened_at": (AT + number * MINUTE).replace(tzinfo=None)}


def test_rows_that_can_be_true_carry_their_version(tmp_path):
    """Every column of lake.bars, final, an hour after their close."""
    found = checked(table({}, {}), kept(), "1m", SPAN)
    path = Parquet(tmp_path).write("bars", "binance_archive", "v1-1-1", found.bars)
    written = pa.parquet.read_table(path, partitioning=None)
    assert written.schema.names == ARROW_SCHEMAS["bars"].names
    row = written.to_pylist()[1]
    assert {name: row[name] for name in GOOD} == GOOD
    assert (row["symbol"], row["interval"], row["source"], row["sequence"]) == ("BTCUSDT", "1m", "binance_archive", 7)
    assert (row["adjustment"], row["is_final"], row["sha256"]) == ("raw", True, kept().sha256)
    assert row["published_at"] - row["opened_at"] == timedelta(minutes=62) - MINUTE
    assert found.refused == ()


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"high": 10.5}, "high 10.5 and low 9 do not hold open 10 and close 11"),
        ({"low": 0.0}, "low is 0"),
        ({"open": -1.0}, "open is -1"),
        ({"close": None}, "close is missing or not a number"),
        ({"high": float("inf")}, "high is missing or not a number"),
        ({"volume": -1.0}, "volume is missing or negative"),
        ({"volume": float("nan"), "quote_volume": 1.0}, "volume is missing or negative"),
        ({"opened_at": None}, UNREADABLE),
        (at_minute(60), OUTSIDE),
        (at_minute(-1), OUTSIDE),
    ],
)
def test_a_row_that_cannot_be_true_is_refused_alone(row, reason):
    """The rest of its file is read."""
    assert judged({}, row, {}) == ([0, 2], [reason])


def test_a_row_of_the_future_is_refused_and_a_running_one_left_out():
    """The running candle comes whole with a later answer."""
    assert judged({}, {}, {}, at=AT + 1.5 * MINUTE) == ([0], ["dated in the future"])


def test_rows_come_in_the_order_of_time_and_once():
    """Unsorted, repeated, and contradicting each other: the last are all refused."""
    twice = "the same row twice in one answer, with other values"
    assert judged(at_minute(5), at_minute(3), at_minute(5)) == ([3, 5], [])
    assert judged({}, at_minute(3), {**at_minute(3), "close": 10.1}) == ([0], [twice, twice])


FIGURE = st.sampled_from([None, 0.0, -1.0, 1.0, 2.0, 3.0, float("nan"), float("inf")])


@given(st.lists(st.tuples(*[FIGURE] * 6), min_size=1, max_size=20))
def test_columns_are_judged_as_bars_are(rows):
    """Whatever the figures: what is kept and every word of a refusal is that of `why_untrue`."""
    names = ("open", "high", "low", "close", "volume", "quote_volume")
    figures = [dict(zip(names, row, strict=True)) for row in rows]
    bars = [Bar("BTCUSDT", "1m", AT + i * MINUTE, **{**GOOD, **row}) for i, row in enumerate(figures)]
    reasons = [why_untrue(bar, NOW) for bar in bars]
    assert judged(*figures) == (
        [i for i, reason in enumerate(reasons) if reason is None],
        [reason for reason in reasons if reason],
    )
