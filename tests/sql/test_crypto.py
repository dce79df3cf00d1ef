"""Coins by the minute: hours, the last 60 minutes, the last 24 hours, order books."""

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from tests.sql.conftest import AS_OF, Lake, naive

NEWEST = datetime(2025, 11, 1, 3, 42, tzinfo=UTC)


@pytest.fixture
def coins(lake: Lake) -> Lake:
    """Two coins and their chain."""
    lake.instruments({"BTCUSDT": "crypto", "ETHUSDT": "crypto"})
    lake.chain("crypto_1m", "binance_archive", "binance")
    return lake


def minutes(lake: Lake, symbol: str, count: int, newest: datetime = NEWEST, **more: Any) -> None:
    """`count` minutes up to `newest`: closes 1, 2, 3 ..., 10 dollars each, of which 4 bought by takers."""
    opened = [naive(newest) - timedelta(minutes=back) for back in reversed(range(count))]
    close = np.arange(1.0, count + 1)
    columns = {
        "open": close - 0.5,
        "high": close + 0.25,
        "low": close - 0.75,
        "volume": 2.0,
        "quote_volume": 10.0,
        "taker_buy_quote_volume": 4.0,
        "trades": 3,
        "source": "binance",
        "adjustment": "raw",
    }
    lake.bars(symbol, [], close, interval="1m", opened_at=opened, kind="crypto", **{**columns, **more})


def test_minutes_roll_up_to_hours_that_are_over(coins: Lake) -> None:
    """First open, highest high, lowest low, last close, sums; an hour in progress has no row."""
    minutes(coins, "BTCUSDT", 43 + 60 + 30)
    rows = coins.build("marts.hourly_prices").rows("select * from hourly_prices order by opened_at")
    assert [(row["opened_at"].hour, row["is_complete"]) for row in rows] == [(1, False), (2, True)]
    whole = rows[1]
    assert (whole["open"], whole["high"], whole["low"], whole["close"]) == (30.5, 90.25, 30.25, 90)
    assert (whole["volume"], whole["quote_volume"], whole["trades"]) == (120, 600, 180)
    assert whole["taker_buy_quote_volume"] == 240


def test_hours_with_missing_minutes_stand_in_no_metric(coins: Lake) -> None:
    """They stay in hourly_prices, marked; a source's own hourly bar goes before them."""
    minutes(coins, "BTCUSDT", 43 + 60 + 30)
    coins.build("marts.hourly_metrics")
    assert [row["opened_at"].hour for row in coins.rows("select * from hourly_metrics")] == [2]
    hour = [datetime(2025, 11, 1, 1)]  # noqa: DTZ001 - the lake's own form
    coins.bars("BTCUSDT", [], [30.0], interval="1h", opened_at=hour, kind="crypto", source="binance")
    coins.build("marts.hourly_prices")
    rows = coins.rows("select close, is_complete, volume from hourly_prices order by opened_at")
    assert rows[0] == {"close": 30, "is_complete": True, "volume": 1000}
    assert len(rows) == 2


def test_archive_goes_before_rest_for_the_same_minute(coins: Lake) -> None:
    """Two sources of one minute are one minute."""
    minutes(coins, "BTCUSDT", 1440)
    minutes(coins, "BTCUSDT", 1440, source="binance_archive", quote_volume=20.0)
    (row,) = coins.build("marts.symbol_stats_24h").rows("select quote_volume, minutes from symbol_stats_24h")
    assert row == {"quote_volume": 28_800, "minutes": 1440}


def test_last_24_hours_end_at_the_newest_final_minute(coins: Lake) -> None:
    """Change from the open of the first minute; a minute that runs counts nowhere."""
    minutes(coins, "BTCUSDT", 2000)
    minutes(coins, "BTCUSDT", 1, NEWEST + timedelta(minutes=1), is_final=False)
    (row,) = coins.build("marts.symbol_stats_24h").rows("select * from symbol_stats_24h")
    assert (row["from_at"], row["to_at"]) == (
        naive(NEWEST) - timedelta(minutes=1439),
        naive(NEWEST) + timedelta(minutes=1),
    )
    assert (row["minutes"], row["price"], row["change"]) == (1440, 2000, 2000 - 560.5)
    assert row["change_pct"] == pytest.approx(100 * (2000 / 560.5 - 1))
    assert (row["high"], row["low"], row["quote_volume"], row["trades"]) == (2000.25, 560.25, 14_400, 4320)
    assert row["taker_imbalance"] == pytest.approx((8 - 10) / 10)


def test_three_hours_are_not_called_24(coins: Lake) -> None:
    """Where minutes do not reach back to the first of the 24 hours, only price and count are given."""
    minutes(coins, "BTCUSDT", 180)
    (row,) = coins.build("marts.symbol_stats_24h").rows("select * from symbol_stats_24h")
    assert (row["price"], row["minutes"]) == (180, 180)
    assert {row[name] for name in ("change", "change_pct", "high", "low", "volume", "trades")} == {None}


def test_outage_inside_the_24_hours_shows_in_the_count(coins: Lake) -> None:
    """The history reaches back, ten minutes are missing: the sums stand, `minutes` says 1430, the gap is a row."""
    minutes(coins, "BTCUSDT", 2000)
    coins.con.execute("delete from lake.bars where opened_at between '2025-11-01 01:00' and '2025-11-01 01:09'")
    coins.calendar([NEWEST.date()])
    coins.build("marts.symbol_stats_24h", "marts.gaps")
    (row,) = coins.rows("select minutes, quote_volume from symbol_stats_24h")
    assert row == {"minutes": 1430, "quote_volume": 14_300}
    (gap,) = coins.rows("select dataset, missing, from_at, to_at, state from gaps")
    assert list(gap.values()) == [
        "crypto_1m",
        10,
        datetime(2025, 11, 1, 1, 0),  # noqa: DTZ001 - the lake's own form
        datetime(2025, 11, 1, 1, 10),  # noqa: DTZ001 - the lake's own form
        "suspected",
    ]


def test_last_60_minutes_are_of_all_coins(coins: Lake) -> None:
    """Volume and takers over the hour to the newest minute of any; a coin that lags counts with what it has."""
    minutes(coins, "BTCUSDT", 100)
    minutes(coins, "ETHUSDT", 100, NEWEST - timedelta(minutes=50), taker_buy_quote_volume=10.0)
    (row,) = coins.build("marts.crypto_internals_60m").rows("select * from crypto_internals_60m")
    assert row["symbols"] == 2
    assert row["volume_usd"] == 700
    assert row["taker_imbalance"] == pytest.approx((60 * -2 + 10 * 10) / 700)
    assert row["to_at"] - row["from_at"] == timedelta(hours=1)


def book(
    lake: Lake, taken_at: datetime, sequence: int, bids: list[tuple[float, float]], asks: list[tuple[float, float]]
) -> None:
    """One snapshot of BTCUSDT, best levels first."""
    rows = [
        ("BTCUSDT", naive(taken_at), side, level, price, quantity, "binance", sequence, naive(taken_at), "sha-book")
        for side, levels in (("bid", bids), ("ask", asks))
        for level, (price, quantity) in enumerate(levels, 1)
    ]
    lake.insert("book_levels", rows)


def test_newest_book_is_summed_up_within_one_percent(lake: Lake) -> None:
    """Imbalance in dollars within 1 % of the middle; levels beyond it do not count."""
    book(lake, AS_OF - timedelta(hours=2), 1, [(1.0, 1.0)], [(2.0, 1.0)])
    book(lake, AS_OF - timedelta(hours=1), 2, [(99.9, 2.0), (99.0, 1.0), (98.0, 50.0)], [(100.1, 1.0), (101.1, 9.0)])
    book(lake, AS_OF + timedelta(hours=1), 3, [(1.0, 1.0)], [(2.0, 1.0)])
    lake.build("marts.order_book", "marts.order_book_summary")
    assert len(lake.rows("select * from order_book")) == 5
    (row,) = lake.rows("select * from order_book_summary")
    bid, ask = 99.9 * 2 + 99.0, 100.1
    assert (row["mid"], row["reaches_1pct"]) == (pytest.approx(100), True)
    assert row["spread_bps"] == pytest.approx(20)
    assert (row["bid_usd_1pct"], row["ask_usd_1pct"]) == (pytest.approx(bid), pytest.approx(ask))
    assert row["imbalance"] == pytest.approx((bid - ask) / (bid + ask))
