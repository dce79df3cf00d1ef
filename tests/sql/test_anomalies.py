"""Anomalies: what is warned of, what a second source confirms, and what is none."""

from datetime import date

import numpy as np
import pytest

from tests.sql.conftest import Lake, weekdays

DAYS = weekdays(300)
CONFIRMED, AGREE = "daily_prices__return_is_confirmed", "daily_prices__sources_agree"
MOVES, VOLUME = "daily_prices__close_still_moves", "daily_prices__session_has_volume"


def walk(seed: int = 4, scale: float = 0.01) -> np.ndarray:
    """Closes of DAYS around 100."""
    return 100 * np.exp(np.cumsum(np.random.default_rng(seed).normal(0, scale, len(DAYS))))


@pytest.fixture
def desk(lake: Lake) -> Lake:
    """An equity, its calendar and two sources in line."""
    lake.calendar(DAYS)
    lake.instruments({"SPY": "equity"})
    lake.chain("equity_daily", "alpha_vantage", "yahoo")
    return lake


def found(lake: Lake, check: str) -> int:
    """How many rows a check finds."""
    failures = lake.build().failures()
    return failures[check].rows if check in failures else 0


def spiked(at: int, factor: float) -> np.ndarray:
    """A walk that jumps on one day and stays there."""
    close = walk()
    close[at:] *= factor
    return close


@pytest.mark.parametrize(("factor", "rows"), [(1.02, 0), (1.15, 1), (0.85, 1)])
def test_a_return_beyond_8_robust_deviations_is_warned_of(desk: Lake, factor: float, rows: int) -> None:
    """Deviations of about 1 %: 2 % is a day like others, 15 % is not; the row says how far out it is."""
    desk.bars("SPY", DAYS, spiked(280, factor), source="alpha_vantage", adjustment="raw")
    assert found(desk, CONFIRMED) == rows
    if rows:
        failure = desk.failures()[CONFIRMED]
        assert failure.severity == "warning"
        assert '"robust_deviations":1' in failure.example
        assert str(DAYS[280]) in failure.example


def test_a_second_source_with_that_close_confirms_it(desk: Lake) -> None:
    """To within 0.5 %; one that has another close does not, and both sources' row is warned of as well."""
    close = spiked(280, 1.15)
    desk.bars("SPY", DAYS, close, source="alpha_vantage", adjustment="raw")
    desk.bars("SPY", DAYS[280:281], close[280:281] * 1.004, source="yahoo")
    assert (found(desk, CONFIRMED), found(desk, AGREE)) == (0, 0)
    desk.con.execute("update lake.bars set close = close * 0.9 where source = 'yahoo'")
    assert (found(desk, CONFIRMED), found(desk, AGREE)) == (1, 1)


def test_a_last_price_at_the_close_confirms_it_too(desk: Lake) -> None:
    """Sources that give no bars are second sources all the same."""
    close = spiked(299, 1.15)
    desk.bars("SPY", DAYS, close, source="alpha_vantage", adjustment="raw")
    at = f"{DAYS[299]} 21:00"
    desk.insert("quotes", [("SPY", at, float(close[299]), "finnhub", 9, "2025-11-01", "sha")])
    assert found(desk, CONFIRMED) == 0


def test_the_source_itself_confirms_nothing(desk: Lake) -> None:
    """Another version of the same source's row is no second opinion."""
    close = spiked(280, 1.15)
    desk.bars("SPY", DAYS, close, source="alpha_vantage", adjustment="raw")
    desk.bars("SPY", DAYS[280:281], close[280:281] * 1.0001, source="alpha_vantage", adjustment="raw")
    assert found(desk, CONFIRMED) == 1


def test_dividends_and_splits_are_no_anomaly(desk: Lake) -> None:
    """A bill fund that pays out 0.4 % at a stroke, and a split of 1 to 4: total returns, in shares of one kind."""
    close = walk(scale=1e-4)
    close[280:] -= 0.4
    close[290:] /= 4
    desk.bars("SPY", DAYS, close, source="alpha_vantage", adjustment="raw")
    desk.act("SPY", DAYS[280], "dividend", 0.4)
    desk.act("SPY", DAYS[290], "split", 4.0)
    assert found(desk, CONFIRMED) == 0


@pytest.mark.parametrize("length", [1, 2, 59])
def test_a_short_series_has_no_deviation_to_judge_by(desk: Lake, length: int) -> None:
    """Below 60 returns nothing is called an anomaly."""
    desk.bars("SPY", DAYS[-length:], walk()[:length] * np.linspace(1, 3, length), source="alpha_vantage")
    assert found(desk, CONFIRMED) == 0


def test_a_price_that_stopped_moving_is_warned_of(desk: Lake) -> None:
    """Five closes alike; four are not enough."""
    close = walk()
    close[-4:] = close[-4]
    desk.bars("SPY", DAYS, close, source="alpha_vantage", adjustment="raw")
    assert found(desk, MOVES) == 0
    desk.con.execute("update lake.bars set close = ? where opened_at >= ?", [float(close[-1]), DAYS[-5]])
    assert found(desk, MOVES) == 1


def test_a_session_without_volume_is_warned_of(desk: Lake) -> None:
    """Zero or none, within the last 252 sessions."""
    volume = np.full(len(DAYS), 1000.0)
    volume[[10, 200]] = 0
    desk.nodes("region", {"USA": ["SPY"]})
    desk.bars("SPY", DAYS, walk(), source="alpha_vantage", volume=volume)
    assert found(desk, VOLUME) == 1
    assert DAYS[-1] == date(2025, 10, 31)
