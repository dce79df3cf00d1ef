"""
The demo's exchanges: made-up sessions of US equities and ETFs, from 2010, by walks that share factors.

Time is counted in slots: 27 points 15 minutes apart from a session's open to its close, and 5 more for the night,
so 32 a session and 2**18 for 32 years of them. An instrument is a sum of factors (the market, rates, ...) and a walk of
its own; its total return is the walk, and its price falls by the dividend on each ex-date, so that adjusted closes
agree with it.
"""

import math
from bisect import bisect_right
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from etl.demo.noise import Floats, Shape, seed_of, shares, walk
from etl.market.sessions import Session, sessions

FIRST_DAY = date(2010, 1, 1)  # slots count from the first session after it
SLOTS, LAST_SLOT, SLOT_MINUTES = 32, 26, 15
SLOTS_A_YEAR = 252 * SLOTS
REFERENCE = 3900 * SLOTS  # the 3,900th session (July 2025), where each price stands at its level

_UNREST = (5, 11)  # wild and calm spells of 1 to 64 sessions
_FREE = Shape(top=18, stress=_UNREST)
_TREND = Shape(top=18, floor=11)
_SWING = Shape(top=11, spread=32.0, stress=_UNREST)  # comes back within about 64 sessions
_RATES = Shape(top=14, spread=90.0, stress=_UNREST)  # comes back within about 2 years


@dataclass(frozen=True, slots=True)
class Instrument:
    """
    One made-up equity: price in USD at the reference, growth a year, yearly volatilities by factor and of its own.

    `volume` in shares a day, `dividend` as a share of the price, paid in `months` at the first session from
    `from_day` on.
    """

    level: float
    growth: float
    own: float
    volume: float
    loadings: dict[str, float]
    dividend: float = 0.0
    months: tuple[int, ...] = ()
    from_day: int = 15


_QUARTERS, _HALVES, _ALL = (3, 6, 9, 12), (6, 12), tuple(range(1, 13))

INSTRUMENTS = {
    "SPY": Instrument(600, 0.105, 0.010, 7.2e7, {"market": 0.145}, 0.0031, _QUARTERS),
    "QQQ": Instrument(540, 0.135, 0.015, 4.6e7, {"market": 0.165, "tech": 0.085}, 0.0015, _QUARTERS),
    "IWM": Instrument(215, 0.075, 0.060, 3.1e7, {"market": 0.175, "rates": -0.03}, 0.0030, _QUARTERS),
    "FXI": Instrument(36, 0.030, 0.050, 3.2e7, {"market": 0.090, "china": 0.200, "dollar": -0.03}, 0.0110, _HALVES),
    "MCHI": Instrument(56, 0.035, 0.045, 3.4e6, {"market": 0.090, "china": 0.195, "dollar": -0.03}, 0.0105, _HALVES),
    "VGK": Instrument(76, 0.070, 0.030, 4.1e6, {"market": 0.115, "europe": 0.080, "dollar": -0.06}, 0.0075, _QUARTERS),
    "EZU": Instrument(58, 0.070, 0.035, 1.9e6, {"market": 0.120, "europe": 0.095, "dollar": -0.07}, 0.0130, _HALVES),
    "EWJ": Instrument(74, 0.070, 0.095, 8.5e6, {"market": 0.100, "dollar": -0.03}, 0.0100, _HALVES),
    "INDA": Instrument(54, 0.080, 0.120, 6.0e6, {"market": 0.080, "dollar": -0.02}, 0.0020, _HALVES),
    "TLT": Instrument(88, 0.020, 0.015, 3.6e7, {"rates": -0.135}, 0.0035, _ALL, 1),
    "AGG": Instrument(98, 0.028, 0.008, 9.0e6, {"rates": -0.052}, 0.0031, _ALL, 1),
    "GLD": Instrument(310, 0.095, 0.125, 1.05e7, {"rates": -0.04, "dollar": -0.05}),
    "DBC": Instrument(22, 0.020, 0.060, 0.9e6, {"market": 0.040, "energy": 0.140, "dollar": -0.02}, 0.0330, (12,)),
    "BIL": Instrument(91.5, 0.036, 0.0006, 4.5e6, {}, 0.0030, _ALL, 1),
    "AAPL": Instrument(210, 0.190, 0.170, 5.4e7, {"market": 0.180, "tech": 0.100}, 0.0011, (2, 5, 8, 11), 10),
    "MSFT": Instrument(490, 0.200, 0.140, 2.1e7, {"market": 0.170, "tech": 0.110}, 0.0017, (2, 5, 8, 11)),
    "AMZN": Instrument(215, 0.180, 0.200, 4.2e7, {"market": 0.190, "tech": 0.120}),
    "GOOGL": Instrument(180, 0.170, 0.180, 3.3e7, {"market": 0.170, "tech": 0.110}, 0.0012, _QUARTERS, 8),
    "NVDA": Instrument(155, 0.420, 0.260, 2.2e8, {"market": 0.260, "tech": 0.220}, 0.0001, _QUARTERS, 10),
    "JPM": Instrument(285, 0.120, 0.140, 9.0e6, {"market": 0.170, "rates": 0.05}, 0.0050, (1, 4, 7, 10), 5),
}


@dataclass(frozen=True, slots=True)
class Days:
    """
    Sessions of one instrument, oldest first, as arrays of one length; the last one may be running.

    Prices in USD with two decimals, volume in shares, dividend in USD a share on its ex-date (else 0).
    """

    sessions: tuple[Session, ...]
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    adj_close: Floats
    volume: Floats
    dividend: Floats


@lru_cache(maxsize=4)
def _calendar(year: int) -> tuple[Session, ...]:
    return tuple(sessions(FIRST_DAY, date(year, 12, 31)))


def sessions_begun(now: datetime) -> tuple[Session, ...]:
    """All sessions since FIRST_DAY that had opened at `now`; a session's place in it is its ordinal."""
    known = _calendar(now.astimezone(UTC).year)
    return known[: bisect_right(known, now, key=lambda session: session.opened_at)]


@lru_cache(maxsize=64)
def factor(name: str, first: int, last: int) -> Floats:
    """A shared factor at the slots first..last, yearly volatility near 1."""
    if name == "market":
        points = walk(seed_of("demo trend"), first, last, _TREND)[0] + swing(first, last)[0]
    else:
        points = walk(seed_of(f"demo {name}"), first, last, _RATES if name == "rates" else _FREE)[0]
    if name == "rates":  # yields rise a little with the market, so that bonds fall a little with it
        points = 0.97 * points + 0.25 * swing(first, last)[0]
    scaled: Floats = points / np.sqrt(SLOTS_A_YEAR)
    return scaled


@lru_cache(maxsize=4)
def market_after(year: int) -> tuple[NDArray[np.int64], Floats]:
    """
    Up to a year's end: the sessions' dates, in days since 1970, and the market factor after the first 0, 1, 2, ... .

    The second array is one longer than the first.
    """
    known = _calendar(year)
    dates = np.array([(session.trade_date - date(1970, 1, 1)).days for session in known])
    return dates, factor("market", 0, len(known) * SLOTS)[::SLOTS]


@lru_cache(maxsize=8)
def swing(first: int, last: int) -> tuple[Floats, Floats]:
    """The market's own ups and downs within a quarter, in slots' standard deviations, and its stress."""
    return walk(seed_of("demo swing"), first, last, _SWING)


@lru_cache(maxsize=64)
def _log_total(symbol: str, first: int, last: int) -> Floats:
    """Log of the total return since the reference, at the slots first..last."""
    instrument = INSTRUMENTS[symbol]
    total = instrument.growth * (np.arange(first, last + 1) - REFERENCE) / SLOTS_A_YEAR
    seed = seed_of(f"demo {symbol}")
    own = walk(seed, first, last, _FREE)[0] - walk(seed, REFERENCE, REFERENCE, _FREE)[0]
    total += instrument.own * own / np.sqrt(SLOTS_A_YEAR)
    for name, loading in instrument.loadings.items():
        total += loading * (factor(name, first, last) - factor(name, REFERENCE, REFERENCE))
    return total


def days(symbol: str, now: datetime) -> Days:
    """
    Every session since FIRST_DAY that had begun at `now`.

    Raises:
        KeyError: no such symbol in the demo.
    """
    begun = sessions_begun(now)
    return _days(symbol, min(now, begun[-1].closed_at))


@lru_cache(maxsize=32)
def _days(symbol: str, until: datetime) -> Days:
    instrument = INSTRUMENTS[symbol]
    shown = sessions_begun(until)
    last = len(shown) * SLOTS - 1
    is_ex = _ex_dates(shown, instrument)
    paid = np.cumsum(is_ex) - np.sum(is_ex[: REFERENCE // SLOTS])
    scale = instrument.level * (1 - instrument.dividend) ** paid
    points = np.exp(_log_total(symbol, 0, last).reshape(-1, SLOTS)[:, : LAST_SLOT + 1]) * scale[:, None]
    up, down, jitter, _ = shares(seed_of(f"demo bars {symbol}"), np.arange(len(shown)))
    elapsed = _slots_elapsed(shown, until)
    high, low, close = _seen_range(points, elapsed)
    reach = 0.1 * (high - low)
    close = np.round(close, 2)
    dividend = np.zeros(len(shown))
    dividend[1:] = np.round(is_ex[1:] * instrument.dividend * close[:-1], 4)
    stress = swing(0, last)[1][LAST_SLOT::SLOTS]
    return Days(
        sessions=shown,
        open=np.round(points[:, 0], 2),
        high=np.round(high + up * reach, 2),
        low=np.round(low - down * reach, 2),
        close=close,
        adj_close=_adjusted(close, dividend),
        volume=np.round(_volume(instrument, close, stress) * (0.75 + 0.5 * jitter) * elapsed / LAST_SLOT),
        dividend=dividend,
    )


def _slots_elapsed(shown: tuple[Session, ...], until: datetime) -> Floats:
    """How much of each session is seen, in slots: a half day ends early, a running one at `until`."""
    elapsed = np.full(len(shown), float(LAST_SLOT))
    for place in {i for i, session in enumerate(shown) if session.is_half_day} | {len(shown) - 1}:
        seen = min(until, shown[place].closed_at) - shown[place].opened_at
        elapsed[place] = seen / timedelta(minutes=SLOT_MINUTES)
    return elapsed


def _seen_range(points: Floats, elapsed: Floats) -> tuple[Floats, Floats, Floats]:
    """Highest, lowest and last of each session's points up to `elapsed`, on a straight line between two."""
    whole = elapsed.astype(np.int64)
    row = np.arange(len(points))
    before, after = points[row, whole], points[row, np.minimum(whole + 1, LAST_SLOT)]
    close = before + (elapsed - whole) * (after - before)
    seen = np.arange(LAST_SLOT + 1) <= whole[:, None]
    high = np.maximum(np.where(seen, points, -np.inf).max(axis=1), close)
    low = np.minimum(np.where(seen, points, np.inf).min(axis=1), close)
    return high, low, close


def _volume(instrument: Instrument, close: Floats, stress: Floats) -> Floats:
    """Shares of a whole session: more when the market is wild and when the price moved far."""
    usual = math.hypot(instrument.own, *instrument.loadings.values()) / math.sqrt(252)
    moved = np.abs(np.diff(np.log(close), prepend=np.log(close[0]))) / usual
    volume: Floats = instrument.volume * np.exp(0.5 * stress) * (0.6 + 0.5 * np.minimum(moved, 4.0))
    return volume


def _adjusted(close: Floats, dividend: Floats) -> Floats:
    """Closes times (1 - dividend / close before) of every later ex-date, as Yahoo does it."""
    kept = np.ones(len(close) + 1)
    kept[1:-1] = 1 - dividend[1:] / close[:-1]
    later: Floats = np.cumprod(kept[::-1], dtype=np.float64)[::-1]
    adjusted: Floats = np.round(close * later[1:], 6)
    return adjusted


def _ex_dates(begun: tuple[Session, ...], instrument: Instrument) -> Floats:
    """1 for each session on which the instrument goes ex dividend: its month's first from `from_day` on."""
    marks = np.zeros(len(begun))
    last_month = (0, 0)
    for place, session in enumerate(begun):
        day = session.trade_date
        if day.month in instrument.months and day.day >= instrument.from_day and last_month != (day.year, day.month):
            last_month = (day.year, day.month)
            marks[place] = 1.0
    return marks
