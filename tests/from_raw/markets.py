"""Correlations and market internals by product.md, from days, metrics and pressure of every symbol."""

from itertools import combinations

import numpy as np
import pandas as pd

from tests.from_raw.universe import COUNTED, FIRST_SYMBOLS

STRENGTH_SESSIONS, VIX_VALUES = 60, 252
REGIMES = ((0.25, "CALM"), (0.75, "NORMAL"), (0.90, "ELEVATED"), (np.inf, "STRESSED"))
Frames = dict[str, pd.DataFrame]


def common_returns(a: pd.DataFrame, b: pd.DataFrame, anchor: pd.Timestamp) -> np.ndarray:
    """Total log returns of two symbols between consecutive common dates up to the anchor, one row for each."""
    both = pd.concat([np.log1p(one["total_return"]).fillna(0.0).cumsum() for one in (a, b)], axis=1, join="inner")
    return both[both.index <= anchor].diff().to_numpy()[1:]


def correlation(returns: np.ndarray) -> float:
    """Pearson's r of two columns."""
    a, b = (returns - returns.mean(axis=0)).T
    return float((a @ b) / np.sqrt((a @ a) * (b @ b)))


def correlations(days: Frames, symbols: list[str], anchor: pd.Timestamp, n: int) -> list[list[float]]:
    """The matrix over the last n returns."""
    made = {(symbol, symbol): 1.0 for symbol in symbols}
    for a, b in combinations(symbols, 2):
        made[a, b] = made[b, a] = correlation(common_returns(days[a], days[b], anchor)[-n:])
    return [[made[a, b] for b in symbols] for a in symbols]


def correlation_strengths(days: Frames, sessions: pd.DatetimeIndex) -> pd.Series:
    """Mean |r| of the nodes' first symbols over the 60 returns up to each of these sessions."""
    sizes = []
    for a, b in combinations(FIRST_SYMBOLS, 2):
        returns = common_returns(days[a], days[b], sessions[-1])[-(len(sessions) + STRENGTH_SESSIONS - 1) :]
        windows = [returns[place : place + STRENGTH_SESSIONS] for place in range(len(sessions))]
        sizes.append([abs(correlation(window)) for window in windows])
    return pd.Series(np.mean(sizes, axis=0), sessions)


def internals(
    days: Frames, metrics: Frames, flow: Frames, vix: pd.Series, sessions: pd.DatetimeIndex
) -> list[dict[str, object]]:
    """The internals of these sessions, over the watchlist and the equity ETFs."""
    strengths = correlation_strengths(days, sessions)
    return [
        {**_of_session(days, metrics, flow, vix, session), "correlation_strength": strengths[session]}
        for session in sessions
    ]


def _of_session(
    days: Frames, metrics: Frames, flow: Frames, vix: pd.Series, session: pd.Timestamp
) -> dict[str, object]:
    returns = [metrics[symbol].at[session, "return_pct"] for symbol in COUNTED]
    above = [days[symbol].at[session, "close"] > metrics[symbol].at[session, "ma30"] for symbol in COUNTED]
    traded = [flow[symbol].at[session, "turnover_usd"] for symbol in COUNTED]
    weighted = [
        flow[symbol].at[session, "pressure_pct"] * turnover for symbol, turnover in zip(COUNTED, traded, strict=True)
    ]
    up, down = sum(one > 0 for one in returns), sum(one < 0 for one in returns)
    breadth, momentum, pressure = (
        (up - down) / len(COUNTED),
        2 * sum(above) / len(COUNTED) - 1,
        sum(weighted) / sum(traded),
    )
    return {
        "trade_date": session.strftime("%Y-%m-%d"),
        "symbols": len(COUNTED),
        "advancers": up,
        "decliners": down,
        "unchanged": len(COUNTED) - up - down,
        "breadth": breadth,
        "advance_decline_ratio": up / down if down else None,
        "pressure_pct": pressure,
        "momentum_score": momentum,
        "market_bias": _bias(momentum, pressure, breadth),
        **_fear(vix, session),
    }


def _bias(momentum: float, pressure: float, breadth: float) -> str:
    if momentum > 0.2 and pressure > 0 and breadth > 0:
        return "BULLISH"
    return "BEARISH" if momentum < -0.2 and pressure < 0 and breadth < 0 else "MIXED"


def _fear(vix: pd.Series, session: pd.Timestamp) -> dict[str, object]:
    """The last VIX up to a session, its rank among its last 252 values, and what that is called."""
    known = vix[vix.index <= session].iloc[-VIX_VALUES:]
    rank = float((known <= known.iloc[-1]).mean())
    regime = next(name for below, name in REGIMES if rank < below)
    return {
        "vix": known.iloc[-1],
        "vix_date": known.index[-1].strftime("%Y-%m-%d"),
        "vix_percentile": rank,
        "volatility_regime": regime,
    }
