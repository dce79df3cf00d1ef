"""The product page's formulas in numpy and pandas, written from its words alone: one more implementation of each."""

from math import erf, sqrt

import numpy as np
import pandas as pd


def windows(values: np.ndarray, n: int) -> np.ndarray:
    """Every run of n values, one a row."""
    return np.lib.stride_tricks.sliding_window_view(values, n)


def rolled(values: np.ndarray, n: int, figure) -> np.ndarray:  # type: ignore[no-untyped-def]  # a numpy reduction
    """A figure of the last n values at each place, NaN before there are n or where one of them is NaN."""
    if len(values) < n:
        return np.full(len(values), np.nan)
    return np.concatenate([np.full(n - 1, np.nan), figure(windows(values, n))])


def metrics(bars: pd.DataFrame, periods: float) -> dict[str, np.ndarray]:
    """Returns, volatilities, Chaikin money flow and ranges of one series with high, low, close and volume."""
    close, high, low, volume = (bars[name].to_numpy(float) for name in ("close", "high", "low", "volume"))
    previous = np.concatenate([[np.nan], close[:-1]])
    span = high - low
    with np.errstate(all="ignore"):
        multiplier = np.where(span > 0, ((close - low) - (high - close)) / span, 0.0)
        traded = rolled(volume, 20, lambda w: w.sum(axis=1))
        returned = 100 * (close / previous - 1)
        cmf = rolled(multiplier * volume, 20, lambda w: w.sum(axis=1)) / np.where(traded == 0, np.nan, traded)
    high20, low20 = rolled(high, 20, lambda w: w.max(axis=1)), rolled(low, 20, lambda w: w.min(axis=1))
    deviation = rolled(np.log(close / previous), 20, lambda w: w.std(axis=1, ddof=1))
    return {
        "return_pct": returned,
        "total_return_pct": returned,
        "cmf20": cmf,
        "vol7": rolled(returned, 7, lambda w: w.std(axis=1, ddof=1)),
        "volatility20_pct": deviation * 100 * sqrt(periods),
        "high20": high20,
        "low20": low20,
        "resistance": np.concatenate([[np.nan], high20[:-1]]),
        "support": np.concatenate([[np.nan], low20[:-1]]),
    }


def pressure(excess: np.ndarray) -> np.ndarray:
    """100 * (2 * Phi(x / s) - 1), s the sample deviation of the 60 x before; NaN where s is zero or not there."""
    s = np.full(len(excess), np.nan)
    if len(excess) > 60:
        s[60:] = windows(excess, 60)[:-1].std(axis=1, ddof=1)
    return np.array([100 * erf(x / d / sqrt(2)) if d > 0 else np.nan for x, d in zip(excess, s, strict=True)])
