"""What is made of Binance's minutes and order books, by product.md: hours, the last 24 hours and 60 minutes, depth."""

from typing import Any

import pandas as pd

from tests.from_raw.answers import RawAnswer

HOUR, DAY = pd.Timedelta(hours=1), pd.Timedelta(days=1)
LEVELS_SHOWN = 200
WITHIN = 0.01  # of the middle


def hours(minutes: pd.DataFrame, as_of: pd.Timestamp) -> pd.DataFrame:
    """Hours that are over, with `is_complete`: whether all 60 minutes are there."""
    opened_at = minutes.index.floor("h")
    rolled = minutes.groupby(opened_at).agg(
        {"open": "first", "high": "max", "low": "min", "close": "last", "volume": "sum", "quote_volume": "sum"}
    )
    rolled["is_complete"] = minutes.groupby(opened_at).size() == 60
    return rolled[rolled.index + HOUR <= as_of]


def last(minutes: pd.DataFrame, length: pd.Timedelta) -> pd.DataFrame:
    """The minutes of the time up to the end of the newest final one."""
    return minutes[minutes.index >= minutes["closed_at"].iloc[-1] - length]


def taker_imbalance(minutes: pd.DataFrame) -> float:
    """(2 * taker buy quote - quote volume) / quote volume."""
    bought, traded = minutes["taker_buy_quote_volume"].sum(), minutes["quote_volume"].sum()
    return float((2 * bought - traded) / traded)


def stats_24h(symbol: str, minutes: pd.DataFrame) -> dict[str, Any]:
    """The last 24 hours of a pair; the change is from the price at which they opened."""
    day = last(minutes, DAY)
    opened, price = day["open"].iloc[0], day["close"].iloc[-1]
    return {
        "symbol": symbol,
        "from_at": day["closed_at"].iloc[-1] - DAY,
        "to_at": day["closed_at"].iloc[-1],
        "minutes": len(day),
        "price": price,
        "change": price - opened,
        "change_pct": 100 * (price / opened - 1),
        "high": day["high"].max(),
        "low": day["low"].min(),
        "volume": day["volume"].sum(),
        "quote_volume": day["quote_volume"].sum(),
        "trades": int(day["trades"].sum()),
        "taker_imbalance": taker_imbalance(day),
    }


def last_60_minutes(minutes: dict[str, pd.DataFrame]) -> dict[str, Any]:
    """Crypto's own internals: volume, taker imbalance and symbols tracked."""
    hour = pd.concat([last(one, HOUR) for one in minutes.values()])
    to_at = max(one["closed_at"].iloc[-1] for one in minutes.values())
    return {
        "from_at": to_at - HOUR,
        "to_at": to_at,
        "symbols": len(minutes),
        "volume_usd": hour["quote_volume"].sum(),
        "taker_imbalance": taker_imbalance(hour),
    }


def order_book(symbol: str, answer: RawAnswer) -> dict[str, Any]:
    """A snapshot: its best 200 levels a side, and the USD within 1 % of the middle."""
    bids, asks = (
        [[float(price), float(quantity)] for price, quantity in answer.document[side]] for side in ("bids", "asks")
    )
    bids, asks = sorted(bids, reverse=True), sorted(asks)
    mid, spread = (bids[0][0] + asks[0][0]) / 2, asks[0][0] - bids[0][0]
    bid_usd = sum(price * quantity for price, quantity in bids if price >= mid * (1 - WITHIN))
    ask_usd = sum(price * quantity for price, quantity in asks if price <= mid * (1 + WITHIN))
    return {
        "symbol": symbol,
        "taken_at": pd.Timestamp(answer.answered_at).tz_convert("UTC"),
        "mid": mid,
        "spread": spread,
        "spread_bps": 1e4 * spread / mid,
        "bid_usd_1pct": bid_usd,
        "ask_usd_1pct": ask_usd,
        "imbalance": (bid_usd - ask_usd) / (bid_usd + ask_usd),
        "bids": bids[:LEVELS_SHOWN],
        "asks": asks[:LEVELS_SHOWN],
    }
