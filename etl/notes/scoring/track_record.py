"""
The track record: what settled calls say about the model that made them, and what they do not say yet.

Rows are those of `marts.recommendation_scores`; horizons, stances, models and kinds are never pooled.
"""

import math
import random
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

ScoreRow = Mapping[str, object]
TrackRecord = dict[str, object]

GROUP = ("model", "scope", "stance", "horizon", "kind")
Z95 = 1.959963984540054
FEWEST_BLOCKS = 10
RESAMPLES = 2000
SEED = 20240101
BUCKETS = 5
TOO_SHORT = "too short to judge"
NO_BASE_RATE = "no base rate to compare with yet"
NO_SKILL = "does not yet show skill"
BETTER = "better than its base rate"
WORSE = "worse than its base rate"


def track_record(rows: Iterable[ScoreRow]) -> list[TrackRecord]:
    """
    One row for each model, scope, stance, horizon and kind, in that order.

    `hit_rate`, `base_rate`, `interval_*` are shares of 1; `mean_excess_pct`, `excess_*` are percent over the horizon in
    log returns; `n` counts settled calls, `voids` the void ones.
    """
    groups: dict[tuple[str, ...], list[ScoreRow]] = defaultdict(list)
    for row in rows:
        groups[tuple(str(row[k]).zfill(4) if k == "horizon" else str(row[k]) for k in GROUP)].append(row)
    return [_record(groups[key]) for key in sorted(groups)]


def wilson(hit_rate: float, n: int) -> tuple[float, float]:
    """The 95 % Wilson interval of a share that was seen in `n` independent trials."""
    spread = Z95 * math.sqrt(hit_rate * (1 - hit_rate) / n + Z95**2 / (4 * n**2))
    middle, scale = hit_rate + Z95**2 / (2 * n), 1 + Z95**2 / n
    return max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale)


def calls_without_overlap(rows: Iterable[ScoreRow]) -> int:
    """How many calls are left, per symbol and horizon, when those that overlap an earlier one are taken out."""
    ends: dict[tuple[str, str], date] = {}
    kept = 0
    for row in sorted(rows, key=_entry):
        key = (str(row["symbol"]), str(row["horizon"]))
        if key not in ends or _entry(row) >= ends[key]:
            ends[key] = _day(row["exit_date"])
            kept += 1
    return kept


def excess_interval(rows: Sequence[ScoreRow], horizon: int) -> tuple[float, float] | None:
    """
    The 95 % interval of the mean excess by a block bootstrap; None under ten blocks.

    A block is `horizon` weekdays of entry dates: calls whose windows overlap stay together.
    """
    blocks: dict[int, list[float]] = defaultdict(list)
    for row in rows:
        blocks[_weekday_number(_entry(row)) // horizon].append(_number(row["excess_return_pct"]))
    if len(blocks) < FEWEST_BLOCKS:
        return None
    sums = [(sum(values), len(values)) for _, values in sorted(blocks.items())]
    dice = random.Random(SEED)
    means = []
    for _ in range(RESAMPLES):
        drawn = dice.choices(sums, k=len(sums))
        means.append(sum(total for total, _ in drawn) / sum(count for _, count in drawn))
    means.sort()
    return means[int(0.025 * RESAMPLES)], means[int(0.975 * RESAMPLES) - 1]


def calibration(settled: Sequence[ScoreRow]) -> list[TrackRecord]:
    """
    Stated confidence against what happened, in five buckets; those that no call falls into are left out, and so is a
    call whose confidence is not known.

    `confidence` is the mean of what was stated, `hit_rate` the share that was right; both of 1.
    """
    found: dict[int, list[ScoreRow]] = defaultdict(list)
    for row in _stated(settled):
        found[min(int(_number(row["confidence"]) * BUCKETS), BUCKETS - 1)].append(row)
    return [
        {
            "low": bucket / BUCKETS,
            "high": (bucket + 1) / BUCKETS,
            "n": len(inside),
            "confidence": _mean(_number(row["confidence"]) for row in inside),
            "hit_rate": sum(bool(row["is_hit"]) for row in inside) / len(inside),
        }
        for bucket, inside in sorted(found.items())
    ]


def _record(rows: Sequence[ScoreRow]) -> TrackRecord:
    settled = sorted((row for row in rows if row["status"] == "settled"), key=_entry)
    horizon = int(_number(rows[0]["horizon"]))
    record: TrackRecord = {k: rows[0][k] for k in GROUP}
    record |= {"horizon": horizon, "n": len(settled), "voids": sum(row["status"] == "void" for row in rows)}
    record |= dict.fromkeys(
        ("n_eff", "hits", "hit_rate", "interval_low", "interval_high", "base_rate", "mean_excess_pct", "excess_low",
         "excess_high", "brier", "brier_skill"))  # fmt: skip
    record |= {"n_eff": 0, "hits": 0, "calibration": [], "words": TOO_SHORT}
    if not settled:
        return record
    hits = sum(bool(row["is_hit"]) for row in settled)
    n_eff = calls_without_overlap(settled)
    low, high = wilson(hits / len(settled), n_eff)
    base = _mean(_number(row["base_rate"]) for row in settled if row["base_rate"] is not None)
    interval = excess_interval(settled, horizon)
    brier, skill = _brier(settled)
    return record | {
        "n_eff": n_eff,
        "hits": hits,
        "hit_rate": hits / len(settled),
        "interval_low": low,
        "interval_high": high,
        "base_rate": base,
        "mean_excess_pct": _mean(_number(row["excess_return_pct"]) for row in settled),
        "excess_low": interval[0] if interval else None,
        "excess_high": interval[1] if interval else None,
        "brier": brier,
        "brier_skill": skill,
        "calibration": calibration(settled),
        "words": _words(low, high, base, interval is not None),
    }


def _words(low: float, high: float, base: float | None, long_enough: bool) -> str:
    if base is not None and low <= base <= high:
        return NO_SKILL
    if not long_enough:
        return TOO_SHORT
    if base is None:
        return NO_BASE_RATE
    return BETTER if low > base else WORSE


def _brier(settled: Sequence[ScoreRow]) -> tuple[float | None, float | None]:
    """The mean squared error of the stated confidence, and its skill against the base rates where those are known."""
    stated = _stated(settled)
    brier = _mean((_number(row["confidence"]) - bool(row["is_hit"])) ** 2 for row in stated)
    known = [row for row in stated if row["base_rate"] is not None]
    own = _mean((_number(row["confidence"]) - bool(row["is_hit"])) ** 2 for row in known)
    base = _mean((_number(row["base_rate"]) - bool(row["is_hit"])) ** 2 for row in known)
    return brier, None if own is None or not base else 1 - own / base


def _stated(settled: Sequence[ScoreRow]) -> list[ScoreRow]:
    """Those whose confidence is a number: files of before replies were read strictly may hold NaN."""
    return [row for row in settled if row["confidence"] is not None and math.isfinite(_number(row["confidence"]))]


def _mean(values: Iterable[float]) -> float | None:
    numbers = list(values)
    return math.fsum(numbers) / len(numbers) if numbers else None


def _entry(row: ScoreRow) -> date:
    return _day(row["entry_date"])


def _day(value: object) -> date:
    return value if isinstance(value, date) else date.fromisoformat(str(value))


def _weekday_number(day: date) -> int:
    weeks, weekday = divmod(day.toordinal() - 1, 7)  # ordinal 1 is a Monday
    return weeks * 5 + min(weekday, 4)


def _number(value: object) -> float:
    if isinstance(value, int | float):
        return float(value)
    raise TypeError(f"{value!r} is not a number")
