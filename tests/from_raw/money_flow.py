"""
Money flow by bulk volume classification, and the pictures over windows of US sessions, by product.md.

All of it is per symbol and day; the nodes' windows are per US session, so that `intensity` can rank them.
"""

import math

import numpy as np
import pandas as pd

from tests.from_raw.universe import CASH, CRYPTO

RETURNS_BEFORE = 60
WINDOWS_THAT_DO_NOT_OVERLAP = 5
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
    """turnover_usd, flow_multiplier, net_flow_usd and taker_imbalance of each day; and `z`, the x / s behind it."""
    flow = pd.DataFrame({"z": surprise(days, cash)})
    if symbol in CRYPTO:
        bought, traded = days["taker_buy_quote_volume"], days["quote_volume"]
        flow["turnover_usd"], flow["taker_imbalance"] = traded, (2 * bought - traded) / traded
    else:
        flow["turnover_usd"] = days["volume"] * (days["high"] + days["low"] + days["close"]) / 3
        flow["taker_imbalance"] = np.nan
    flow["flow_multiplier"] = 0.0 if symbol == CASH else flow["z"].map(two_sided_share)
    flow["net_flow_usd"] = flow["flow_multiplier"] * flow["turnover_usd"]
    return flow


def surprise(days: pd.DataFrame, cash: pd.DataFrame) -> pd.Series:
    """x / s; on a day without a session (crypto's weekends) cash returns nothing."""
    x = np.log1p(days["total_return"]) - np.log1p(cash["total_return"]).reindex(days.index).fillna(0.0)
    s = pd.Series(np.nan, x.index)
    before = np.lib.stride_tricks.sliding_window_view(x.to_numpy(), RETURNS_BEFORE)[:-1]
    s.iloc[RETURNS_BEFORE:] = before.std(axis=1, ddof=1)
    return x / s


def windows_of(days: pd.DataFrame, flow: pd.DataFrame, sessions: pd.DatetimeIndex, n: int) -> pd.DataFrame:
    """
    Every window of n sessions, by its last session: turnover_usd, net_flow_usd, net_flow_pct and return_pct.

    An equity's days are the sessions; of crypto all UTC days after the n-th session before, through the last one.
    A window with a day missing, or with a day whose flow is not known, is not there.
    """
    joined = flow[["turnover_usd", "net_flow_usd"]].assign(log_return=np.log1p(days["total_return"]))
    if len(days.index.difference(sessions)):
        joined = joined.reindex(pd.date_range(sessions[0], sessions[-1], unit="us"))
    ends = pd.Series(sessions[sessions.searchsorted(joined.index)], joined.index)
    by_session = joined.groupby(ends).sum(skipna=False).reindex(sessions)
    slid = np.lib.stride_tricks.sliding_window_view(by_session.to_numpy()[1:], n, axis=0)
    frame = pd.DataFrame(slid.sum(axis=2), sessions[n:], by_session.columns).dropna()
    frame["net_flow_pct"] = 100 * frame["net_flow_usd"] / frame["turnover_usd"]
    frame["return_pct"] = 100 * np.expm1(frame["log_return"])
    return frame


def intensity(windows: pd.DataFrame, n: int) -> float | None:
    """The cume_dist of the last |net_flow_pct| among the node's own windows; None where fewer than 5 do not overlap."""
    if (len(windows) + n - 1) // n < WINDOWS_THAT_DO_NOT_OVERLAP:
        return None
    sizes = windows["net_flow_pct"].abs().to_numpy()
    return float((sizes <= sizes[-1]).mean())


def excesses(nets: list[float], turnovers: list[float]) -> list[float]:
    """e = net - p * turnover, with p the common share; they add up to zero."""
    p = math.fsum(nets) / math.fsum(turnovers)
    return [net - p * turnover for net, turnover in zip(nets, turnovers, strict=True)]


def flows(names: list[str], excess: list[float]) -> list[dict[str, object]]:
    """From each node with e < 0 to each with e > 0: -e_i * e_j / sum of positive e."""
    taken = math.fsum(e for e in excess if e > 0)
    known = list(zip(names, excess, strict=True))
    return [
        {"from": giver, "to": taker, "flow_usd": -gives * takes / taken}
        for giver, gives in known
        for taker, takes in known
        if gives < 0 < takes
    ]
