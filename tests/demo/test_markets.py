"""The demo's exchanges: sessions, dividends, and markets that move together."""

from datetime import UTC, date, datetime
from itertools import pairwise
from statistics import correlation

import numpy as np
import pytest

from etl.domain import ACTIONS, Action, DataRequest
from etl.market.sessions import sessions
from tests.demo.demo_reading import EQUITIES, NOW, observations, rows_of, yahoo_bars


@pytest.mark.parametrize("symbol", EQUITIES)
def test_highs_and_lows_hold_every_equity_bar(symbol: str) -> None:
    """High is highest, low is lowest and above zero, volume is positive."""
    for bar in yahoo_bars(symbol):
        assert bar.volume > 0
        assert 0 < bar.low <= min(bar.open, bar.close) <= max(bar.open, bar.close) <= bar.high


def test_equities_trade_on_exchange_sessions_only() -> None:
    """One row for each session since 2015 that has begun, and no other."""
    expected = [session.trade_date for session in sessions(date(2015, 1, 1), NOW.date())]
    assert [bar.at for bar in yahoo_bars("TLT")] == expected


@pytest.mark.parametrize("symbol", ["SPY", "BIL", "FXI"])
def test_adjusted_closes_follow_from_closes_and_dividends(symbol: str) -> None:
    """Each step of the adjusted close is the price's step plus what was paid."""
    rows = rows_of("yahoo", DataRequest(ACTIONS, symbol, datetime(2015, 1, 1, tzinfo=UTC)))
    paid = {row.ex_date: row.value for row in rows if isinstance(row, Action)}
    bars = yahoo_bars(symbol)
    assert len(paid) >= 20
    for before, bar in pairwise(bars):
        kept = 1 - paid.get(bar.at, 0.0) / before.close
        assert bar.adj_close / before.adj_close == pytest.approx(bar.close / (before.close * kept), rel=1e-6)


def test_markets_move_together_as_real_ones_do() -> None:
    """Equities share a factor, bonds and the VIX go against it, and the levels are plausible."""
    closes = {symbol: np.array([bar.close for bar in yahoo_bars(symbol)], float) for symbol in EQUITIES}
    moves = {symbol: np.diff(np.log(values)).tolist() for symbol, values in closes.items()}
    assert correlation(moves["SPY"], moves["QQQ"]) > 0.75
    assert 0.4 < correlation(moves["SPY"], moves["VGK"]) < 0.9
    assert -0.5 < correlation(moves["SPY"], moves["TLT"]) < -0.1
    assert all(0.1 < np.std(moves[symbol]) * 252**0.5 < 0.25 for symbol in ("SPY", "EWJ", "TLT", "GLD"))
    vix = observations("VIXCLS")
    days = [bar.at for bar in yahoo_bars("SPY")]
    paired = [(vix[day], move) for day, move in zip(days[1:], moves["SPY"], strict=True) if day in vix]
    assert correlation(np.diff([level for level, _ in paired]).tolist(), [move for _, move in paired[1:]]) < -0.5
    assert 10 < min(vix.values()) < max(vix.values()) < 41
    assert 300 < closes["SPY"][-1] < 1200
