"""
The columns of daily_metrics by a peer: what tests.bench.metrics runs in an environment of the peers' own.

    python metric_peers.py polars|talib|pandas_ta|aggregation BARS.parquet SAMPLE.parquet PERIODS

Prints seconds, the most memory in MB and rows as JSON. The clock stops when the frame is there; only then is a sample
of it written, to be compared. The averages are seeded as TA-Lib's, so that all columns are the same.
"""

import json
import math
import sys
import time
from typing import Any

COLUMNS = ("return_pct", "ma7", "ma30", "rsi14", "macd", "macd_signal", "macd_histogram", "bollinger_middle")
COLUMNS += ("bollinger_upper", "bollinger_lower", "atr14", "obv", "mfi14", "cmf20", "vol7", "volatility20_pct")
COLUMNS += ("high20", "low20", "resistance", "support")
KEPT = ("symbol", "opened_at", "close")
SAMPLED = ("S000", "S007", "S013")


def by_polars(path: str, sample: str, periods: int) -> int:
    """Expressions over symbols, in steps, each of which needs the one before."""
    import polars as pl

    frame = pl.read_parquet(path, columns=[*KEPT, "high", "low", "volume"]).sort("symbol", "opened_at")
    frame = averaged(seeded(stepped(frame, pl), pl), pl)
    c, bar, high20, low20 = pl.col, pl.col("bar"), pl.col("high").rolling_max(20), pl.col("low").rolling_min(20)
    up, down, middle = c("up").rolling_sum(14), c("down").rolling_sum(14), c("close").rolling_mean(20)
    width = 2 * c("close").rolling_std(20, ddof=0)
    windows = {
        "obv": pl.when(bar == 0).then(c("volume")).otherwise(c("change").sign() * c("volume")).cum_sum(),
        "mfi14": 100 * up / (up + down),
        "cmf20": c("flow").rolling_sum(20) / c("volume").rolling_sum(20),
        "ma7": c("close").rolling_mean(7),
        "ma30": c("close").rolling_mean(30),
        "bollinger_middle": middle,
        "bollinger_upper": middle + width,
        "bollinger_lower": middle - width,
        "vol7": c("return_pct").rolling_std(7),
        "volatility20_pct": c("log_return").rolling_std(20) * 100 * math.sqrt(periods),
        "high20": high20,
        "low20": low20,
        "resistance": high20.shift(1),
        "support": low20.shift(1),
    }
    frame = frame.with_columns(**{name: window.over("symbol") for name, window in windows.items()})
    frame = frame.select(*KEPT, *COLUMNS)
    done(len(frame))
    frame.filter(c("symbol").is_in(SAMPLED)).write_parquet(sample)
    return len(frame)


def stepped(frame: Any, pl: Any) -> Any:
    """Bars with their number, and what changed since the one before."""
    c, before = pl.col, pl.col("close").shift(1)
    steps = {
        "bar": pl.int_range(pl.len()),
        "change": c("close") - before,
        "return_pct": 100 * (c("close") / before - 1),
        "log_return": (c("close") / before).log(),
        "step": (c("high") + c("low") + c("close")).diff(),
        "true_range": pl.max_horizontal(c("high") - c("low"), (c("high") - before).abs(), (c("low") - before).abs()),
    }
    return frame.with_columns(
        money=(c("high") + c("low") + c("close")) / 3 * c("volume"),
        flow=((c("close") - c("low")) - (c("high") - c("close"))) / (c("high") - c("low")) * c("volume"),
        **{name: step.over("symbol") for name, step in steps.items()},
    )


def seed(pl: Any, x: Any, n: int, at: int) -> Any:
    """A series that starts with the mean of its first n, as TA-Lib's averages do."""
    bar = pl.col("bar")
    return pl.when(bar == at).then(x.rolling_mean(n)).when(bar > at).then(x)


def seeded(frame: Any, pl: Any) -> Any:
    """What the averages with a memory are of."""
    c, bar = pl.col, pl.col("bar")
    seeds = {
        "gain": seed(pl, c("change").clip(lower_bound=0), 14, 14),
        "loss": seed(pl, (-c("change")).clip(lower_bound=0), 14, 14),
        "ranges": seed(pl, pl.when(bar > 0).then(c("true_range")), 14, 14),
        "fast": seed(pl, c("close"), 12, 25),
        "slow": seed(pl, c("close"), 26, 25),
    }
    after_first = pl.when(bar > 0).then(0.0)
    return frame.with_columns(
        up=pl.when(c("step") > 0).then(c("money")).otherwise(after_first),
        down=pl.when(c("step") < 0).then(c("money")).otherwise(after_first),
        **{name: x.over("symbol") for name, x in seeds.items()},
    )


def averaged(frame: Any, pl: Any) -> Any:
    """MACD with its signal, RSI and ATR."""
    c = pl.col

    def average(name: str, alpha: float) -> Any:
        return c(name).ewm_mean(alpha=alpha, adjust=False, ignore_nulls=True)

    gain, loss = average("gain", 1 / 14), average("loss", 1 / 14)
    frame = frame.with_columns(
        line=(average("fast", 2 / 13) - average("slow", 2 / 27)).over("symbol"),
        rsi14=(100 * gain / (gain + loss)).over("symbol"),
        atr14=average("ranges", 1 / 14).over("symbol"),
    )
    frame = frame.with_columns(signal=seed(pl, c("line"), 9, 33).over("symbol"))
    frame = frame.with_columns(
        macd=pl.when(c("bar") >= 33).then(c("line")), macd_signal=average("signal", 0.2).over("symbol")
    )
    return frame.with_columns(macd_histogram=c("macd") - c("macd_signal"))


def in_pandas(path: str, sample: str, periods: int, one: Any) -> int:
    """One symbol after the other by `one`, which adds what it computes; the rest by pandas' own windows."""
    import numpy as np
    import pandas as pd

    frame = pd.read_parquet(path, columns=[*KEPT, "high", "low", "volume"])
    parts = []
    for _, bars in frame.groupby("symbol"):
        close, high, low, volume = (bars[name] for name in ("close", "high", "low", "volume"))
        made = pd.DataFrame({name: bars[name] for name in KEPT})
        made["return_pct"] = 100 * (close / close.shift() - 1)
        one(made, bars)
        if "cmf20" not in made:
            flow = ((close - low) - (high - close)) / (high - low) * volume
            made["cmf20"] = flow.rolling(20).sum() / volume.rolling(20).sum()
        made["vol7"] = made["return_pct"].rolling(7).std()
        logs = np.log(close / close.shift())
        made["volatility20_pct"] = logs.rolling(20).std() * 100 * math.sqrt(periods)
        made["high20"], made["low20"] = high.rolling(20).max(), low.rolling(20).min()
        made["resistance"], made["support"] = made["high20"].shift(), made["low20"].shift()
        parts.append(made[[*KEPT, *COLUMNS]])
    whole = pd.concat(parts)
    done(len(whole))
    whole[whole["symbol"].isin(SAMPLED)].to_parquet(sample, index=False)
    return len(whole)


def by_talib(made: Any, bars: Any) -> None:
    """One symbol by TA-Lib."""
    import talib

    close, high, low, volume = (bars[name].to_numpy() for name in ("close", "high", "low", "volume"))
    made["ma7"], made["ma30"], made["rsi14"] = talib.SMA(close, 7), talib.SMA(close, 30), talib.RSI(close, 14)
    made["macd"], made["macd_signal"], made["macd_histogram"] = talib.MACD(close, 12, 26, 9)
    made["bollinger_upper"], made["bollinger_middle"], made["bollinger_lower"] = talib.BBANDS(close, 20, 2, 2)
    made["atr14"], made["obv"] = talib.ATR(high, low, close, 14), talib.OBV(close, volume)
    made["mfi14"] = talib.MFI(high, low, close, volume, 14)


def by_pandas_ta(made: Any, bars: Any) -> None:
    """One symbol by pandas-ta-classic, which takes TA-Lib for what that has."""
    import pandas_ta_classic as ta

    close, high, low, volume = (bars[name] for name in ("close", "high", "low", "volume"))
    made["ma7"], made["ma30"], made["rsi14"] = ta.sma(close, 7), ta.sma(close, 30), ta.rsi(close, 14)
    made[["macd", "macd_histogram", "macd_signal"]] = ta.macd(close, 12, 26, 9).iloc[:, :3]
    bands = ta.bbands(close, 20, 2)
    made[["bollinger_lower", "bollinger_middle", "bollinger_upper"]] = bands.iloc[:, :3]
    made["atr14"], made["obv"] = ta.atr(high, low, close, 14), ta.obv(close, volume)
    made["mfi14"] = ta.mfi(high, low, close, volume, 14)
    made["cmf20"] = ta.cmf(high, low, close, volume, length=20)


def aggregated(path: str, sample: str) -> int:
    """Minutes to hours to days by polars."""
    import polars as pl

    frame, c, rows = pl.read_parquet(path), pl.col, 0
    for every in ("1h", "1d"):
        frame = frame.group_by("symbol", c("opened_at").dt.truncate(every)).agg(
            c("open").sort_by("opened_at").first() if every == "1d" else c("open").first(),
            c("high").max(),
            c("low").min(),
            c("close").sort_by("opened_at").last() if every == "1d" else c("close").last(),
            c("volume").sum(),
        )
        rows += len(frame)
    done(rows)
    frame.filter(c("symbol").is_in(SAMPLED)).write_parquet(sample)
    return rows


def done(rows: int) -> None:
    """Say how long it took and what it needed."""
    with open("/proc/self/status") as status:
        most_mb = int(status.read().partition("VmHWM:")[2].split()[0]) / 1024
    sys.stdout.write(json.dumps([time.monotonic() - STARTED, most_mb, rows]) + "\n")


if __name__ == "__main__":
    name, *given = sys.argv[1:]
    if name == "aggregation":
        import polars

        STARTED = time.monotonic()
        aggregated(*given[:2])
    elif name == "polars":
        import polars  # noqa: F401 - starting is not measured

        STARTED = time.monotonic()
        by_polars(given[0], given[1], int(given[2]))
    else:
        import pandas  # noqa: F401 - starting is not measured
        import talib  # noqa: F401 - starting is not measured

        STARTED = time.monotonic()
        in_pandas(given[0], given[1], int(given[2]), {"talib": by_talib, "pandas_ta": by_pandas_ta}[name])
