"""Real outages, kept as answers: from the wire to `marts.gaps`; skipped where the shared folder is not."""

import csv
import json
from datetime import UTC, datetime, timedelta

import duckdb
import pytest

from etl.domain import Request
from etl.models.registry import build, load_models
from tests.house import SHARED
from tests.providers.made_up import NOW
from tests.sql.conftest import SQL
from tests.transform.readings import Readings

OUTAGES = SHARED / "payloads" / "binance" / "bt_2020_15minutes.csv"
pytestmark = pytest.mark.skipif(not OUTAGES.is_file(), reason=f"{OUTAGES} is not there; set MFO_SHARED")

STEP, PAGE = timedelta(minutes=15), 1000
ASKED_AFTER = [timedelta(hours=hours) for hours in (0, 1, 7, 31, 103)]
# in UTC, with the bars that are missing: ../facts/binance_and_fallbacks.md, 5
REAL = [("2020-02-09T02:00", 4), ("2020-02-19T11:45", 23), ("2020-03-04T09:30", 8), ("2020-04-25T02:00", 10)]
REAL += [("2020-06-28T02:00", 14)]


def candles() -> dict[datetime, list]:
    """The recorded candles by their open time, as the wire has them."""
    with OUTAGES.open(newline="") as handle:
        rows = [[int(float(row[0]) * 1000), *row[1:6], int(row[6]), *row[7:]] for row in csv.reader(handle)]
    return {datetime.fromtimestamp(row[0] / 1000, UTC): row for row in rows}


def ask(
    readings: Readings, rows: dict[datetime, list], first: datetime, last: datetime, at: datetime, status=200
) -> None:
    """Keep the pages of [first, last), as they would come at an instant."""
    while first < last:
        end = min(first + PAGE * STEP, last)
        span = {"startTime": str(int(first.timestamp() * 1000)), "endTime": str(int(end.timestamp() * 1000) - 1)}
        params = {"symbol": "BTCUSDT", "interval": "15m", **span, "limit": str(PAGE)}
        request = Request("binance", "crypto_15m", "BTCUSDT", "/api/v3/klines", tuple(params.items()))
        page = [row for opened, row in rows.items() if first <= opened < end]
        body = json.dumps(page) if status == 200 else '{"code": -1001, "msg": "Internal error"}'
        readings.keep(request, body.encode(), at, status)
        first = end


def gaps(readings: Readings) -> list[tuple[str, int, str, int]]:
    """(from, missing, state, asked again) of every gap in a warehouse that is built from the kept answers alone."""
    readings.run(everything=True)
    with duckdb.connect() as con:
        con.execute((SQL / "lake.sql").read_text())
        con.execute("insert into lake.publication values (timestamp '2025-11-01 03:43', 'known', 'run-1', false, '')")
        con.execute("insert into lake.instruments values ('BTCUSDT', 'BTCUSDT', 'crypto', false, 0)")
        for name in ("bars", "coverage", "answers"):
            paths = [str(path) for path in readings.parquet.files(name)]
            con.execute(f"insert into lake.{name} by name select * from read_parquet(?)", [paths])
        build(con, load_models(SQL))
        return con.execute(
            "select strftime(from_at, '%Y-%m-%dT%H:%M'), missing, state, asked_again from marts.gaps order by from_at"
        ).fetchall()


def test_five_real_outages_come_out_as_five_confirmed_gaps(readings):
    """Asked for five times, an hour, six hours, a day and three days apart: each time answered without them."""
    rows = candles()
    first, last, at = min(rows), max(rows) + STEP, NOW - timedelta(days=30)
    ask(readings, rows, first, last, at)
    assert gaps(readings) == [(start, missing, "suspected", 0) for start, missing in REAL]
    for after in ASKED_AFTER[1:]:
        for start, missing in REAL:
            opened = datetime.fromisoformat(start).replace(tzinfo=UTC)
            ask(readings, rows, opened, opened + missing * STEP, at + after)
    assert gaps(readings) == [(start, missing, "confirmed", 4) for start, missing in REAL]


def test_a_page_that_failed_however_often_is_no_confirmed_gap(readings):
    """One page of eight answers 500 five times: its bars are suspected, the outages on the other pages confirmed."""
    rows = candles()
    first, last, at = min(rows), max(rows) + STEP, NOW - timedelta(days=30)
    failing = datetime(2020, 5, 12, 8, tzinfo=UTC)
    for after in ASKED_AFTER:
        ask(readings, rows, first, failing, at + after)
        ask(readings, rows, failing, failing + PAGE * STEP, at + after, status=500)
        ask(readings, rows, failing + PAGE * STEP, last, at + after)
    found = gaps(readings)
    assert [gap for gap in found if gap[2] == "confirmed"] == [(*real, "confirmed", 4) for real in REAL]
    assert [gap for gap in found if gap[2] != "confirmed"] == [("2020-05-12T08:00", PAGE, "suspected", 0)]
