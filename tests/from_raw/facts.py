"""What each fact of a note must say, by its id: the figure of the artifacts that it names, recomputed."""

from collections.abc import Callable

from tests.from_raw.comparing import plain
from tests.from_raw.minutes import stats_24h
from tests.from_raw.recomputation import Recomputation
from tests.from_raw.universe import BILLION, CRYPTO, PICTURES

Said = tuple[float, str]  # the value, and the date or instant that it is of


def of_day(raw: Recomputation, symbol: str, column: str) -> Said:
    """SYMBOL.close, SYMBOL.rsi14, SYMBOL.1D.return_pct ...: the last day of a symbol."""
    return float(raw.table(symbol)[column].iloc[-1]), raw.days[symbol].index[-1].strftime("%Y-%m-%d")


def of_node(raw: Recomputation, symbol: str, window: str, column: str) -> Said:
    """SYMBOL.WINDOW.COLUMN: a node's window."""
    nodes = [node for picture in PICTURES for node in raw.picture(picture, window)]
    return float(next(node[column] for node in nodes if node["symbol"] == symbol)), raw.anchor


def of_vix(raw: Recomputation, column: str) -> Said:
    """VIXCLS.value and VIXCLS.percentile, as the internals have them."""
    row = raw.internals[-1]
    value = {"value": row["vix"], "percentile": 100 * row["vix_percentile"]}[column]
    return float(value), str(row["vix_date"])


def of_series(raw: Recomputation, name: str, column: str) -> Said:
    """SERIES.value and SERIES.change since the observation before."""
    values = raw.series[name]
    made = {"value": values.iloc[-1], "change": values.iloc[-1] - values.iloc[-2]}[column]
    return float(made), values.index[-1].strftime("%Y-%m-%d")


def of_liquidity(raw: Recomputation, column: str) -> Said:
    """net_liquidity.value and .change over the week, in billions."""
    before, newest = raw.net_liquidity[-2:]
    change = newest["net_liquidity_usd"] - before["net_liquidity_usd"]
    return {"value": newest["net_liquidity_usd"], "change": change}[column] / BILLION, newest["date"]


def of_last_24_hours(raw: Recomputation, symbol: str, column: str) -> Said:
    """SYMBOL.24h.change_pct."""
    stats = stats_24h(symbol, raw.minutes[symbol])
    return float(stats[column]), plain(stats["to_at"])


def fact(raw: Recomputation, name: str) -> Said:
    """The fact of an id; a KeyError or AssertionError where nothing recomputes it."""
    parts = name.split(".")
    subject, rest = parts[0], parts[1:]
    made: dict[bool, Callable[[], Said]] = {
        subject in raw.days and len(rest) == 1: lambda: of_day(raw, subject, rest[0]),
        subject in raw.days and rest[0] == "1D": lambda: of_day(raw, subject, rest[1]),
        subject in raw.days and rest[0] in ("1W", "1M"): lambda: of_node(raw, subject, rest[0], rest[1]),
        subject in CRYPTO and rest[0] == "24h": lambda: of_last_24_hours(raw, subject, rest[1]),
        subject == "market": lambda: (float(raw.internals[-1][rest[0]]), raw.anchor),
        subject == "VIXCLS": lambda: of_vix(raw, rest[0]),
        subject != "VIXCLS" and subject in raw.series: lambda: of_series(raw, subject, rest[0]),
        subject == "net_liquidity": lambda: of_liquidity(raw, rest[0]),
    }
    return made[True]()
