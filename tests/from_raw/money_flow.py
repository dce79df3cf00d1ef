"""Buying pressure by bulk volume classification, per symbol and day and over windows of US sessions, by product.md."""

import math

import numpy as np
import pandas as pd

from tests.from_raw.universe import CASH, CRYPTO

RETURNS_BEFORE = 60
NORMAL_ERROR = 1.5e-7  # of Abramowitz-Stegun 7.1.26


def two_sided_share(z: float) -> float:
    """2 * Phi(z) - 1 = erf(z / sqrt(2)) by Abramowitz-Stegun 7.1.26, which product.md names as exact enough."""
    if math.isnan(z) or z == 0:
        return z
    x = abs(z) / math.sqrt(2)
    t = 1 / (1 + 0.3275911 * x)
    terms = (0.254829592, -0.284496736, 1.421413741, -1.453152027, 1.061405429)
    return math.copysign(1 - sum(a * t**power for power, a in enumerate(terms, 1)) * math.exp(-x * x), z)


def money_flow(days: pd.DataFrame, cash: pd.DataFrame, symbol: str) -> pd.DataFrame:
    """turnover_usd, pressure_pct and taker_imbalance of each day; and `z`, the x / s behind the pressure."""
    flow = pd.DataFrame({"z": surprise(days, cash)})
    if symbol in CRYPTO:
        bought, traded = days["taker_buy_quote_volume"], days["quote_volume"]
        flow["turnover_usd"], flow["taker_imbalance"] = traded, (2 * bought - traded) / traded
    else:
        flow["turnover_usd"] = days["volume"] * (days["high"] + days["low"] + days["close"]) / 3
        flow["taker_imbalance"] = np.nan
    flow["pressure_pct"] = np.nan if symbol == CASH else 100 * flow["z"].map(two_sided_share)
    return flow


def surprise(days: pd.DataFrame, cash: pd.DataFrame) -> pd.Series:
    """x / s; on a day without a session (crypto's weekends) cash returns nothing."""
    x = np.log1p(days["total_return"]) - np.log1p(cash["total_return"]).reindex(days.index).fillna(0.0)
    s = pd.Series(np.nan, x.index)
    before = np.lib.stride_tricks.sliding_window_view(x.to_numpy(), RETURNS_BEFORE)[:-1]
    s.iloc[RETURNS_BEFORE:] = before.std(axis=1, ddof=1)
    return x / s


def window_at(days: pd.DataFrame, flow: pd.DataFrame, sessions: pd.DatetimeIndex, n: int) -> dict[str, float]:
    """
    The window of the last n sessions: turnover_usd, pressure_pct (the mean weighted by turnover) and return_pct.

    An equity's days are the sessions; of crypto all UTC days after the n-th session before, through the last one.
    NaN where a day of it is not there or is not known.
    """
    joined = flow[["turnover_usd", "pressure_pct"]].assign(log_return=np.log1p(days["total_return"]))
    wanted = sessions[-n:]
    if len(days.index.difference(sessions)):
        wanted = pd.date_range(sessions[-n - 1], sessions[-1], unit="us")[1:]
    inside = joined.reindex(wanted)
    traded = float(inside["turnover_usd"].sum(skipna=False))
    weighted = float((inside["pressure_pct"] * inside["turnover_usd"]).sum(skipna=False))
    returned = float(100 * np.expm1(inside["log_return"].sum(skipna=False)))
    return {"turnover_usd": traded, "pressure_pct": weighted / traded, "return_pct": returned}
