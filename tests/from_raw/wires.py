"""What the providers' answers say, by their public documentation: each function takes one decoded JSON body."""

from typing import Any

import pandas as pd

BAR = ["open", "high", "low", "close", "volume"]
_KLINE = {
    1: "open",
    2: "high",
    3: "low",
    4: "close",
    5: "volume",
    7: "quote_volume",
    8: "trades",
    10: "taker_buy_quote_volume",
}


def alpha_vantage_days(body: Any) -> pd.DataFrame:
    """`TIME_SERIES_DAILY`: prices as traded, by the exchange's date; https://www.alphavantage.co/documentation/."""
    rows = body["Time Series (Daily)"]
    frame = pd.DataFrame.from_dict(rows, orient="index").astype(float)
    frame.columns = [name.split(". ")[1] for name in frame.columns]
    frame.index = pd.to_datetime(frame.index)
    return frame[BAR].sort_index()


def _result(body: Any) -> Any:
    (result,) = body["chart"]["result"]
    return result


def yahoo_days(body: Any) -> pd.DataFrame:
    """A `v8/finance/chart` of days: split-adjusted bars and `adj_close`, by the exchange's date."""
    result = _result(body)
    quote, adjusted = result["indicators"]["quote"][0], result["indicators"]["adjclose"][0]["adjclose"]
    frame = pd.DataFrame({**{name: quote[name] for name in BAR}, "adj_close": adjusted}, dtype=float)
    frame.index = _new_york_dates(result["timestamp"])
    return frame.dropna(subset=["close"])


def yahoo_dividends(body: Any) -> pd.Series:
    """Dividends by ex-date, per share of today."""
    paid = _result(body).get("events", {}).get("dividends", {}).values()
    return pd.Series(
        [one["amount"] for one in paid], _new_york_dates([one["date"] for one in paid]), float
    ).sort_index()


def yahoo_splits(body: Any) -> pd.Series:
    """Splits by ex-date: how many shares one became."""
    made = _result(body).get("events", {}).get("splits", {}).values()
    factors = [one["numerator"] / one["denominator"] for one in made]
    return pd.Series(factors, _new_york_dates([one["date"] for one in made]), float).sort_index()


def _new_york_dates(seconds: list[int]) -> pd.DatetimeIndex:
    instants = pd.to_datetime(seconds, unit="s", utc=True).tz_convert("America/New_York")
    return pd.DatetimeIndex(instants.normalize().tz_localize(None)).as_unit("us")


def binance_candles(body: Any) -> pd.DataFrame:
    """`/api/v3/klines`: candles by their opening instant (UTC), with `closed_at`, the instant after their last."""
    frame = pd.DataFrame({name: [float(row[place]) for row in body] for place, name in _KLINE.items()})
    frame["closed_at"] = pd.to_datetime([row[6] + 1 for row in body], unit="ms").as_unit("us")
    frame.index = pd.to_datetime([row[0] for row in body], unit="ms").as_unit("us")
    return frame


def fred_observations(body: Any) -> pd.Series:
    """`series/observations`: values by date; a "." is a date without a value."""
    said = {row["date"]: float(row["value"]) for row in body["observations"] if row["value"] != "."}
    series = pd.Series(said, dtype=float)
    series.index = pd.to_datetime(series.index)
    return series


def fred_facts(body: Any) -> Any:
    """`series`: the title, units and frequency that FRED itself gives."""
    (facts,) = body["seriess"]
    return facts
