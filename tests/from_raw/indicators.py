"""product.md's table of metrics over final bars of one interval in time order: TA-Lib where it names TA-Lib."""

import numpy as np
import pandas as pd
import talib

SESSIONS_OF_A_YEAR, DAYS_OF_A_YEAR, HOURS_OF_A_YEAR = 252, 365, 8760


def indicators(bars: pd.DataFrame, total_return: pd.Series, bars_of_a_year: int) -> pd.DataFrame:
    """Every metric of every bar, NaN until its window is full; `total_return` is a fraction."""
    close, high, low, volume = (bars[name].to_numpy(float) for name in ("close", "high", "low", "volume"))
    macd, signal, histogram = talib.MACD(close, 12, 26, 9)
    middle = bars["close"].rolling(20).mean()
    two_deviations = 2 * _rolling(bars["close"], 20, lambda window: window.std(axis=1))
    made = pd.DataFrame(
        {
            "return_pct": 100 * (bars["close"] / bars["close"].shift() - 1),
            "total_return_pct": 100 * total_return,
            "ma7": _rolling(bars["close"], 7, lambda window: window.mean(axis=1)),
            "ma30": _rolling(bars["close"], 30, lambda window: window.mean(axis=1)),
            "rsi14": talib.RSI(close, 14),
            "macd": macd,
            "macd_signal": signal,
            "macd_histogram": histogram,
            "bollinger_middle": middle,
            "bollinger_upper": middle + two_deviations,
            "bollinger_lower": middle - two_deviations,
            "atr14": talib.ATR(high, low, close, 14),
            "obv": talib.OBV(close, volume),
            "mfi14": talib.MFI(high, low, close, volume, 14),
            "cmf20": _chaikin_money_flow(bars),
        },
        bars.index,
    )
    return made.join(_deviations(made, total_return, bars_of_a_year)).join(_extremes(bars))


def _rolling(values: pd.Series, width: int, figure) -> pd.Series:  # type: ignore[no-untyped-def]  # a numpy reduction
    """A figure of each full window, computed anew for each: no running sums whose errors could build up."""
    if len(values) < width:
        return pd.Series(np.nan, values.index)
    windows = np.lib.stride_tricks.sliding_window_view(values.to_numpy(float), width)
    return pd.Series(np.concatenate([np.full(width - 1, np.nan), figure(windows)]), values.index)


def _chaikin_money_flow(bars: pd.DataFrame) -> pd.Series:
    spread = bars["high"] - bars["low"]
    lean = (bars["close"] - bars["low"]) - (bars["high"] - bars["close"])
    multiplier = (lean / spread.where(spread > 0)).fillna(0.0)
    flow = _rolling(multiplier * bars["volume"], 20, lambda window: window.sum(axis=1))
    return flow / _rolling(bars["volume"], 20, lambda window: window.sum(axis=1))


def _deviations(made: pd.DataFrame, total_return: pd.Series, bars_of_a_year: int) -> pd.DataFrame:
    yearly = 100 * np.sqrt(bars_of_a_year)
    logs = pd.Series(np.log1p(total_return), made.index)
    return pd.DataFrame(
        {
            "vol7": _rolling(made["return_pct"], 7, lambda window: window.std(axis=1, ddof=1)),
            "volatility20_pct": yearly * _rolling(logs, 20, lambda window: window.std(axis=1, ddof=1)),
        }
    )


def _extremes(bars: pd.DataFrame) -> pd.DataFrame:
    high, low = bars["high"].rolling(20).max(), bars["low"].rolling(20).min()
    return pd.DataFrame({"high20": high, "low20": low, "resistance": high.shift(), "support": low.shift()})
