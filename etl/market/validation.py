"""Why a bar cannot be true: what is refused before it reaches the lake, whoever gave it."""

import math
from datetime import UTC, datetime

from etl.domain import Bar


def why_untrue(bar: Bar, server_time: datetime) -> str | None:
    """Why a bar cannot be true, None where it can: prices positive and in order, not in the future."""
    prices = {"open": bar.open, "high": bar.high, "low": bar.low, "close": bar.close}
    for name, value in prices.items():
        if value is None or not math.isfinite(value):
            return f"{name} is missing or not a number"
        if value <= 0:
            return f"{name} is {value:g}"
    if bar.high < max(bar.open, bar.close) or bar.low > min(bar.open, bar.close):  # type: ignore[operator,type-var] # none is None here
        return f"high {bar.high:g} and low {bar.low:g} do not hold open {bar.open:g} and close {bar.close:g}"
    volume = bar.quote_volume if bar.volume is None else bar.volume  # an index of many venues counts dollars only
    if volume is None or not math.isfinite(volume) or volume < 0:
        return "volume is missing or negative"
    opened = bar.at if isinstance(bar.at, datetime) else datetime(bar.at.year, bar.at.month, bar.at.day, tzinfo=UTC)
    if opened > server_time:
        return "dated in the future"
    return None
