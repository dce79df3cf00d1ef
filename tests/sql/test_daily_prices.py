"""From versions of bars to one trusted price a day: sources, as-of instants, splits, dividends."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from tests.sql.conftest import AS_OF, Lake, weekdays

DAYS = weekdays(4)
LAST = DAYS[-1]


@pytest.fixture
def equity(lake: Lake) -> Lake:
    """One equity and the calendar of its four last sessions."""
    lake.calendar(DAYS)
    lake.instruments({"SPY": "equity"})
    lake.chain("equity_daily", "alpha_vantage", "yahoo")
    lake.chain("equity_history", "twelve_data")
    lake.chain("actions", "yahoo", "alpha_vantage")
    return lake


def prices(lake: Lake, columns: str = "close") -> list[Any]:
    """Columns of daily_prices in time order; bare values where it is one column."""
    found = lake.build("marts.daily_prices").rows(f"select {columns} from daily_prices order by symbol, trade_date")
    return [next(iter(row.values())) if len(row) == 1 else tuple(row.values()) for row in found]


def total_returns(lake: Lake) -> list[float | None]:
    """total_return_pct in time order, rounded."""
    lake.build("aggregates.bars_final")
    found = lake.rows("select total_return_pct as r from aggregates.bars_final order by trade_date")
    return [None if row["r"] is None else round(row["r"], 6) for row in found]


def at(day: date, hour: int) -> datetime:
    """An instant of a day."""
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


def test_first_source_wins_and_stand_ins_fill_what_it_lacks(equity: Lake) -> None:
    """Chain first, then the history's sources, whoever was fetched last; the row says who gave it."""
    equity.bars("SPY", DAYS, [1, 1, 1, 1], source="twelve_data", fetched_at=AS_OF)
    equity.bars("SPY", DAYS[1:], [2, 2, 2], source="yahoo")
    equity.bars("SPY", DAYS[2:], [3, 3], source="alpha_vantage", adjustment="raw", fetched_at=at(LAST, 22))
    expected = [(1, "twelve_data"), (2, "yahoo"), (3, "alpha_vantage"), (3, "alpha_vantage")]
    assert prices(equity, "close, source") == expected


def test_rows_that_are_not_final_stand_nowhere(equity: Lake) -> None:
    """A bar of a session that runs is kept in the lake only."""
    equity.bars("SPY", DAYS[:3], [1, 2, 3])
    equity.bars("SPY", DAYS[3:], [9], is_final=False)
    assert prices(equity) == [1, 2, 3]


def test_newest_version_that_was_known_is_shown(equity: Lake) -> None:
    """The same key at three instants: before the revision, after it, and before there was anything."""
    equity.bars("SPY", [LAST], [10], fetched_at=at(LAST, 22))
    equity.bars("SPY", [LAST], [11], fetched_at=at(LAST, 23))
    assert prices(equity) == [11]
    equity.publish(at(LAST, 22))
    assert prices(equity, "close, known_at") == [(10, at(LAST, 22).replace(tzinfo=None))]
    equity.publish(at(LAST, 21))
    assert prices(equity) == []


def test_published_basis_dates_first_versions_by_their_publication(equity: Lake) -> None:
    """History that was fetched later is known from its publication on, a revision only from its fetch."""
    published = {"published_at": [at(LAST, 22).replace(tzinfo=None)]}
    equity.bars("SPY", [LAST], [10], fetched_at=at(LAST, 22) + timedelta(days=90), **published)
    equity.bars("SPY", [LAST], [11], fetched_at=at(LAST, 22) + timedelta(days=91), **published)
    equity.publish(at(LAST, 23))
    assert prices(equity) == []
    equity.publish(at(LAST, 23), basis="published")
    assert prices(equity, "close, known_at") == [(10, at(LAST, 22).replace(tzinfo=None))]
    equity.publish(at(LAST, 21), basis="published")
    assert prices(equity) == []


def test_raw_rows_from_before_a_split_are_divided(equity: Lake) -> None:
    """4 for 1 on the third day: close and volume in new shares, the close as traded beside."""
    equity.bars("SPY", DAYS, [400, 404, 102, 103], adjustment="raw", volume=[10, 10, 40, 40], source="alpha_vantage")
    equity.act("SPY", DAYS[2], "split", 4.0)
    assert prices(equity, "close, high, volume, close_as_traded") == [
        (100, 100, 40, 400),
        (101, 101, 40, 404),
        (102, 102, 40, 102),
        (103, 103, 40, 103),
    ]


def test_adjusted_rows_are_divided_by_splits_after_their_fetch_only(equity: Lake) -> None:
    """Yahoo's answer of after the split is in new shares already, the one of before it is not."""
    equity.act("SPY", DAYS[2], "split", 4.0)
    equity.bars("SPY", DAYS[:1], [400], fetched_at=at(DAYS[0], 23))
    equity.bars("SPY", DAYS[1:], [101, 102, 103], fetched_at=at(DAYS[3], 23))
    assert prices(equity) == [100, 101, 102, 103]
    assert prices(equity, "close_as_traded") == [400, 404, 102, 103]


def test_split_after_the_as_of_day_is_undone(equity: Lake) -> None:
    """By published dates: prices that were fetched after a split look as they did before it."""
    equity.act("SPY", DAYS[2], "split", 4.0, fetched_at=AS_OF)
    equity.bars("SPY", DAYS[:2], [100, 101], fetched_at=AS_OF)
    equity.publish(at(DAYS[1], 23), basis="published")
    assert prices(equity, "close, close_as_traded") == [(400, 400), (404, 404)]


def test_split_that_was_not_known_yet_divides_nothing(equity: Lake) -> None:
    """As of an instant before the action was fetched, prices stand as they came."""
    equity.bars("SPY", DAYS, [400, 404, 102, 103], adjustment="raw", fetched_at=at(LAST, 22))
    equity.act("SPY", DAYS[2], "split", 4.0, fetched_at=AS_OF)
    equity.publish(at(LAST, 23))
    assert prices(equity) == [400, 404, 102, 103]


def test_total_return_goes_by_adj_close_within_one_answer(equity: Lake) -> None:
    """Both closes rest on one answer: their ratio is the return, dividends included."""
    equity.bars("SPY", DAYS, [100, 100, 99, 99], adj_close=[98.0, 98.0, 98.98, 98.98])
    equity.act("SPY", DAYS[2], "dividend", 77.0)
    assert total_returns(equity) == [None, 0, 1, 0]


def test_total_return_across_answers_goes_by_dividends(equity: Lake) -> None:
    """Adjusted closes of two answers rest on different days: close and dividend are taken."""
    equity.bars("SPY", DAYS[:2], [100, 100], adj_close=[50.0, 50.0])
    equity.bars("SPY", DAYS[2:], [99, 99], adj_close=[99.0, 99.0])
    equity.act("SPY", DAYS[2], "dividend", 2.0)
    assert total_returns(equity) == [None, 0, 1, 0]


def test_dividends_before_a_split_count_in_new_shares(equity: Lake) -> None:
    """A dividend of 8 for an old share is 2 for each of the four new ones."""
    equity.bars("SPY", DAYS, [400, 396, 99, 99], adjustment="raw")
    equity.act("SPY", DAYS[1], "dividend", 8.0)
    equity.act("SPY", DAYS[2], "split", 4.0)
    assert total_returns(equity) == [None, 1, 0, 0]


def test_yahoos_dividends_are_in_new_shares_already(equity: Lake) -> None:
    """Yahoo adjusts its dividends for splits up to the day it was asked."""
    equity.bars("SPY", DAYS, [400, 396, 99, 99], adjustment="raw")
    equity.act("SPY", DAYS[1], "dividend", 2.0, source="yahoo")
    equity.act("SPY", DAYS[2], "split", 4.0)
    assert total_returns(equity) == [None, 1, 0, 0]


def test_best_source_of_an_action_wins_and_is_not_added(equity: Lake) -> None:
    """Two sources that know the same dividend are one dividend."""
    equity.bars("SPY", DAYS, [100, 98, 98, 98], adjustment="raw")
    equity.act("SPY", DAYS[1], "dividend", 2.0, source="yahoo")
    equity.act("SPY", DAYS[1], "dividend", 5.0, source="alpha_vantage", fetched_at=AS_OF)
    assert total_returns(equity) == [None, 0, 0, 0]


def test_dividends_are_not_counted_twice_in_prices_that_hold_them(equity: Lake) -> None:
    """Bars that are adjusted for all: the plain return is the total one; none where the basis changes."""
    equity.bars("SPY", DAYS[:3], [100, 101, 101], adjustment="total")
    equity.bars("SPY", DAYS[3:], [150], adjustment="split")
    equity.act("SPY", DAYS[1], "dividend", 5.0)
    assert total_returns(equity) == [None, 1, 0, None]


def test_return_beyond_40_percent_that_nothing_explains_keeps_a_symbol_out(equity: Lake) -> None:
    """An unknown split: no metrics of that day, and a warning that names it; known, all is well."""
    equity.nodes("region", {"USA": ["SPY"]})
    equity.bars("SPY", DAYS, [400, 404, 404, 102], adjustment="raw")
    equity.build()
    assert len(equity.rows("select * from daily_metrics")) == 3
    assert equity.rows("select pressure_pct, return_pct from region_nodes where \"window\" = '1D'") == [
        {"pressure_pct": None, "return_pct": None}
    ]
    assert equity.rows("select * from market_internals where trade_date = '2025-10-31'") == []
    assert equity.failures()["daily_prices__return_is_explained"].rows == 1
    equity.act("SPY", LAST, "split", 4.0)
    equity.build()
    assert len(equity.rows("select * from daily_metrics")) == 4
    assert "daily_prices__return_is_explained" not in equity.failures()


def test_bars_outside_the_calendar_or_the_universe_are_left_out(equity: Lake) -> None:
    """A Saturday's equity bar is named by a check; a symbol that is not configured is not shown."""
    equity.bars("SPY", [*DAYS, LAST + timedelta(days=1)], [1, 2, 3, 4, 5])
    equity.bars("XYZ", DAYS, [1, 2, 3, 4])
    assert prices(equity) == [1, 2, 3, 4]
    assert equity.build().failures()["bars__lie_on_a_session"].rows == 1


def test_crypto_days_are_utc_days_and_stand_ins_never_come_before_binance(lake: Lake) -> None:
    """A weekend has days too; Yahoo's row stands where Binance has none, and says so."""
    days = [LAST - timedelta(days=6), LAST - timedelta(days=5)]
    lake.calendar(DAYS)
    lake.instruments({"BTCUSDT": "crypto"})
    lake.chain("crypto_1d", "binance_archive", "binance", "yahoo")
    lake.bars("BTCUSDT", days, [1, 2], kind="crypto", source="yahoo", fetched_at=AS_OF)
    lake.bars("BTCUSDT", days[1:], [3], kind="crypto", source="binance", adjustment="raw")
    assert prices(lake, "trade_date, close, source") == [(days[0], 1, "yahoo"), (days[1], 3, "binance")]
