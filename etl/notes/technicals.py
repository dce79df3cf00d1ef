"""
What a question about one symbol is answered from: its indicators of the day, and its candles in several time frames.

A candle's figures are facts of their own (`bar.SPY.1d.2025-10-30.close`): a text may quote them only with their date.
"""

from collections.abc import Iterator, Sequence
from datetime import date

from etl.notes.facts import Fact, plain, rounded
from etl.notes.records import Query, Row

BAR = "bar"
FRAMES = {"1d": "days", "1w": "weeks", "1h": "hours"}
INDICATORS = """
    select m.*, p.volume, p.volume / nullif(avg(p.volume) over before, 0) as volume_ratio
    from marts.daily_metrics as m
    inner join marts.daily_prices as p on m.symbol = p.symbol and m.trade_date = p.trade_date
    inner join lake.instruments as i on m.symbol = i.symbol
    where m.symbol = ? and m.trade_date <= ?
    window before as (order by m.trade_date rows between 20 preceding and 1 preceding)
    qualify m.trade_date >= ? - cast(i.kind = 'crypto' as integer)
    order by m.trade_date desc limit 1
"""
TOLD = {  # column: (name, unit)
    "resistance": ("highest high of the 20 bars before", "USD"),
    "support": ("lowest low of the 20 bars before", "USD"),
    "macd_histogram": ("MACD histogram", "USD"),
    "bollinger_upper": ("upper Bollinger band", "USD"),
    "bollinger_lower": ("lower Bollinger band", "USD"),
    "atr14": ("14-day average true range", "USD"),
    "cmf20": ("20-day Chaikin money flow", "ratio"),
    "volatility20_pct": ("20-day volatility", "percent"),
    "volume_ratio": ("volume against its mean of the 20 days before", "times"),
}
CANDLES = {
    "1d": """
        select cast(trade_date as varchar) as at, open, high, low, close from marts.daily_prices
        where symbol = ? and trade_date <= ? order by trade_date desc limit 20
    """,
    "1w": """
        select cast(max(trade_date) as varchar) as at, arg_min(open, trade_date) as open, max(high) as high,
            min(low) as low, arg_max(close, trade_date) as close
        from marts.daily_prices where symbol = ? and trade_date <= ?
        group by date_trunc('week', trade_date) order by 1 desc limit 12
    """,
    "1h": """
        select strftime(opened_at, '%Y-%m-%dT%H:%M:%SZ') as at, open, high, low, close from marts.hourly_prices
        where symbol = ? and cast(opened_at as date) <= ? order by opened_at desc limit 24
    """,
}


def indicators(query: Query, symbol: str, day: date) -> Iterator[Fact]:
    """The indicators of a symbol's own row of `day`; a coin's may be of the UTC day before."""
    for row in query(INDICATORS, (symbol, day, day)):
        as_of = str(row["trade_date"])
        for metric, (name, unit) in TOLD.items():
            value = row.get(metric)
            if isinstance(value, int | float) and value == value:
                source = "marts.daily_prices" if metric == "volume_ratio" else "marts.daily_metrics"
                yield Fact(f"{symbol}.{metric}", f"{symbol} {name}", rounded(float(value)), unit, as_of, symbol, source)


def candles(query: Query, symbol: str, day: date) -> Iterator[Fact]:
    """The candles of each time frame up to `day`, newest first: four facts each."""
    for frame, sql in CANDLES.items():
        for row in query(sql, (symbol, day)):
            yield from _candle(symbol, frame, row)


def table_of(facts: Sequence[Fact]) -> str:
    """Candles as text: one line each, time frame by time frame, oldest first."""
    lines: dict[tuple[str, str], dict[str, str]] = {}
    for fact in facts:
        if fact.is_bar:
            frame = fact.id.split(".")[-3]
            lines.setdefault((frame, fact.as_of), {})[fact.metric] = plain(fact.value)
    told = []
    for frame, name in FRAMES.items():
        held = sorted((at, values) for (f, at), values in lines.items() if f == frame)
        if held:
            told.append(f"{name} (at, open, high, low, close):")
            told += [f"{at} {v['open']} {v['high']} {v['low']} {v['close']}" for at, v in held]
    return "\n".join(told)


def _candle(symbol: str, frame: str, row: Row) -> Iterator[Fact]:
    at = str(row["at"])
    source = "marts.hourly_prices" if frame == "1h" else "marts.daily_prices"
    for metric in ("open", "high", "low", "close"):
        value = row[metric]
        if not isinstance(value, int | float):
            return
        name = f"{symbol} {metric} of the {frame} candle of {at}"
        yield Fact(f"{BAR}.{symbol}.{frame}.{at}.{metric}", name, rounded(float(value)), "USD", at, symbol, source)
