"""
Daily bars of one symbol from the raw answers, by product.md: what is final, who wins a day, what is adjusted.

A frame is indexed by the trade date and holds open, high, low, close, volume, close_as_traded, adj_close, source,
opened_at, total_return (NaN on the first day) and, for crypto, quote_volume, trades and taker_buy_quote_volume.
"""

import warnings
from functools import cache

import exchange_calendars
import numpy as np
import pandas as pd

from tests.from_raw import wires
from tests.from_raw.answers import RawAnswer, RawLake
from tests.from_raw.universe import CRYPTO

OHLC = ["open", "high", "low", "close"]
FINAL_AFTER = pd.Timedelta(minutes=60)


@cache
def calendar() -> pd.DataFrame:
    """Every US session: its open and close in UTC, half days included."""
    with warnings.catch_warnings():  # the library itself uses what pandas has deprecated
        warnings.simplefilter("ignore", DeprecationWarning)
        new_york = exchange_calendars.get_calendar("XNYS", start="2009-01-02", end="2027-12-31")
    schedule = new_york.schedule[["open", "close"]].apply(lambda column: column.dt.tz_localize(None))
    return schedule.set_index(pd.DatetimeIndex(schedule.index).as_unit("us"))


def _instant(moment: object) -> pd.Timestamp:
    return pd.Timestamp(moment).tz_convert("UTC").tz_localize(None)


def _final_days(days: pd.DataFrame, answer: RawAnswer) -> pd.DataFrame:
    """The days of an answer that was asked for at least 60 minutes after their session's close."""
    closes = calendar()["close"].reindex(days.index)
    return days[(closes + FINAL_AFTER <= _instant(answer.asked_at)).to_numpy()]


def equity_days(lake: RawLake, symbol: str) -> pd.DataFrame:
    """An equity's days: Alpha Vantage's row where it has one, else Yahoo's; prices split-adjusted."""
    histories = lake.of("yahoo", "equity_history", symbol)
    bodies = [answer.document for answer in histories]
    dividends = wires.yahoo_dividends(bodies[-1])
    splits = wires.yahoo_splits(bodies[-1])
    frames = []
    for answer, body in zip(histories, bodies, strict=True):
        days = _final_days(wires.yahoo_days(body), answer)
        frames.append(days.assign(source="yahoo", close_as_traded=days["close"] * _split_after(days.index, splits)))
    for answer in lake.of("alpha_vantage", "equity_daily", symbol):
        days = _final_days(wires.alpha_vantage_days(answer.document), answer)
        factor = _split_after(days.index, splits)
        adjusted = days[OHLC].div(factor, axis=0).assign(volume=days["volume"] * factor, adj_close=np.nan)
        frames.append(adjusted.assign(source="alpha_vantage", close_as_traded=days["close"]))
    merged = pd.concat(frames)
    merged = merged[~merged.index.duplicated(keep="last")].sort_index()
    merged["opened_at"] = calendar()["open"].reindex(merged.index)
    merged["total_return"] = _equity_total_returns(merged, dividends)
    return merged


def _split_after(dates: pd.DatetimeIndex, splits: pd.Series) -> pd.Series:
    """How many shares of today one share of each date is."""
    shares = pd.Series(1.0, dates)
    for ex_date, factor in splits.items():
        shares[dates < ex_date] *= factor
    return shares


def _equity_total_returns(days: pd.DataFrame, dividends: pd.Series) -> pd.Series:
    """From adj_close where two rows of one answer stand beside each other, else from close and the dividends."""
    from_adjusted = days["adj_close"] / days["adj_close"].shift() - 1
    paid = dividends.reindex(days.index).fillna(0.0)
    return from_adjusted.fillna((days["close"] + paid) / days["close"].shift() - 1)


def crypto_days(lake: RawLake, symbol: str) -> pd.DataFrame:
    """A pair's UTC days: Binance's candles that had closed when they were asked for."""
    days = final_candles(lake, symbol, "1d")
    return days.assign(
        source="binance",
        close_as_traded=days["close"],
        adj_close=np.nan,
        opened_at=days.index,
        total_return=days["close"].pct_change(),
    )


def final_candles(lake: RawLake, symbol: str, interval: str) -> pd.DataFrame:
    """Binance's candles of one interval that had closed when they were asked for."""
    frames = []
    for answer in lake.of("binance", f"crypto_{interval}", symbol):
        candles = wires.binance_candles(answer.document)
        frames.append(candles[candles["closed_at"] <= _instant(answer.answered_at)])
    merged = pd.concat(frames)
    return merged[~merged.index.duplicated(keep="last")].sort_index()


def days_of(lake: RawLake, symbol: str) -> pd.DataFrame:
    """The final days of any symbol of the universe."""
    return crypto_days(lake, symbol) if symbol in CRYPTO else equity_days(lake, symbol)
