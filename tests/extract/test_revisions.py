"""A source that says something else later: both values stand in the warehouse, and the earlier view does not move."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from etl.domain import CRYPTO_1D, MACRO
from tests.clocks import NotedClock
from tests.conftest import Upstream
from tests.extract.desk import Desk
from tests.extract.workbench import Bench, task
from tests.providers import made_up

FIRST = datetime(2025, 10, 30, 22, 0, tzinfo=UTC)
LATER = FIRST + timedelta(days=1)
SINCE = datetime(2010, 1, 1, tzinfo=UTC)
REVISED = ("CPIAUCSL", "DTWEXBGS", "M2SL", "UNRATE")
REVISIONS = 'select * from marts.revisions order by symbol, "at"'


@pytest.fixture
def desk(start_upstream: Callable[..., Upstream], tmp_path: Path) -> Desk:
    """A stand-in that is not paced, and nothing asked yet."""
    return Desk(tmp_path, start_upstream("--fred-per-second", "1000", "--fred-per-minute", "100000"))


def test_revised_series_are_seen_before_and_after(desk: Desk) -> None:
    """Four series come revised, one does not; as of before nothing is revised and the old values stand."""
    for series_id in (*REVISED, "DGS10"):
        desk.ask(FIRST, "fred", MACRO, series_id, SINCE)
    told = "select series_id, value from marts.macro_daily where date = '2021-11-01' order by series_id"
    before = desk.rows(told, FIRST, "marts.macro_daily")
    desk.stand_in.vintage("fred_later_vintage")
    for series_id in (*REVISED, "DGS10"):
        desk.ask(LATER, "fred", MACRO, series_id, SINCE)
    rows = desk.rows(REVISIONS, LATER, "marts.revisions")
    assert {row["symbol"] for row in rows} == set(REVISED)
    one = next(row for row in rows if (row["symbol"], row["at"].date()) == ("UNRATE", date(2021, 11, 1)))
    assert (one["old_value"], one["new_value"], one["source"], one["field"]) == (4.2, 4.1, "fred", "value")
    assert (one["was_known_at"], one["known_at"]) == (FIRST.replace(tzinfo=None), LATER.replace(tzinfo=None))
    assert {"series_id": "UNRATE", "value": 4.1} in desk.rows(told, LATER, "marts.macro_daily")
    assert desk.rows(REVISIONS, FIRST, "marts.revisions") == []
    assert desk.rows(told, FIRST, "marts.macro_daily") == before


def test_rows_that_a_source_dropped_are_never_deleted(desk: Desk) -> None:
    """S&P 500's window of ten years rolls on, and the dollar index lost its holidays: what was read stays."""
    desk.ask(FIRST, "fred", MACRO, "SP500", SINCE)
    desk.ask(FIRST, "fred", MACRO, "DTWEXBGS", SINCE)
    count = "select series_id, count(*) as n, min(date) as first from staging.observations group by all order by all"
    before = desk.rows(count, FIRST, "staging.observations")
    desk.stand_in.vintage("fred_later_vintage")
    desk.ask(LATER, "fred", MACRO, "SP500", datetime(2020, 1, 2, tzinfo=UTC))  # all that is left of the window
    desk.ask(LATER, "fred", MACRO, "DTWEXBGS", SINCE)
    after = desk.rows(count, LATER, "staging.observations")
    assert [row["first"] for row in after] == [row["first"] for row in before]
    assert all(new["n"] >= old["n"] for new, old in zip(after, before, strict=True))


def test_a_candle_that_changed_is_a_new_version_with_both_visible(tmp_path: Path, desk: Desk) -> None:
    """Binance gave another close for a day that was final: field, old and new value, and the answer of each."""
    desk.kinds = {"BTCUSDT": "crypto"}
    for at, close in ((FIRST, "110.00000000"), (LATER, "111.50000000")):
        candle = made_up.candle(datetime(2025, 10, 29, tzinfo=UTC))
        candle[4] = close
        body = json.dumps([candle]).encode()
        bench = Bench(tmp_path, upstream=lambda _, body=body: (200, {}, body), clock=NotedClock(at))
        bench.run([task("BTCUSDT", "binance", dataset=CRYPTO_1D, since=at - timedelta(days=2))], f"run-{at:%d}")
        bench.close()
    (row,) = desk.rows(REVISIONS, LATER, "marts.revisions")
    assert (row["kind"], row["field"], row["old_value"], row["new_value"]) == ("bar", "close", 110.0, 111.5)
    closes = desk.rows("select close, sequence from lake.bars order by sequence", LATER, "marts.revisions")
    assert [bar["close"] for bar in closes] == [110.0, 111.5]
