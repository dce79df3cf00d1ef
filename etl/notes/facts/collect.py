"""
Which figures of the marts become facts, in which order: symbols, windows, pressure, internals, macro, crypto.

Names come from tables in this file and from the configuration, never from a provider's text: what a provider writes
cannot reach the prompt. A value that is older than its maximum age on the day is no fact; every fact has its own date.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta

from etl.market.releases import MAX_AGE_DAYS, is_current, max_age_days
from etl.notes.documents.fact import Fact, rounded
from etl.notes.documents.note import NoteQuery, NoteRow

MOST_SYMBOLS = 24
_BILLION = 1e9
PRESSURE = "-100 to 100"  # the unit of an estimate, which is never told in dollars
_CASH = "BIL"

_MACRO: dict[str, tuple[str, str, bool]] = {  # series: name, unit, whether its change is a fact too
    "DGS10": ("ten-year Treasury yield", "percent", True),
    "DGS2": ("two-year Treasury yield", "percent", True),
    "T10Y2Y": ("ten-year minus two-year Treasury yield", "percentage points", False),
    "DTWEXBGS": ("broad dollar index", "points", True),
    "BAMLH0A0HYM2": ("high-yield credit spread", "percentage points", True),
    "DCOILWTICO": ("WTI crude oil price", "USD", True),
    "DEXUSEU": ("dollars for one euro", "USD per EUR", False),
    "DEXJPUS": ("yen for one dollar", "JPY per USD", False),
    "DEXCHUS": ("yuan for one dollar", "CNY per USD", False),
    "M2SL": ("money stock M2", "USD bn", False),
    "CPIAUCSL": ("consumer price index", "points", False),
    "UNRATE": ("unemployment rate", "percent", False),
    "FEDFUNDS": ("federal funds rate", "percent", False),
}
CHANGE_UNITS = {"percent": "percentage points"}

_SYMBOLS = """
    select
        i.symbol,
        i.kind,
        coalesce(bool_or(n.is_first), false) as is_first,
        count(n.symbol) > 0 and not bool_or(n.is_first) as is_beside
    from lake.instruments as i left join lake.nodes as n on i.symbol = n.symbol
    where i.kind in ('equity', 'crypto')
    group by i.symbol, i.kind, i.position
    order by
        i.symbol = 'BIL', is_first desc, max(n.picture) is distinct from 'region', min(n.position), i.position, i.symbol
"""
_DAILY = """
    select m.symbol, m.trade_date, m.close, m.return_pct, m.rsi14, m.ma30, f.pressure_pct, p.source
    from marts.daily_metrics as m
    left join marts.money_flow_daily as f on m.symbol = f.symbol and m.trade_date = f.trade_date
    left join marts.daily_prices as p on m.symbol = p.symbol and m.trade_date = p.trade_date
    where m.trade_date between ? and ?
"""
_NODES = """
    select node, symbol, "window", return_pct, pressure_pct, anchor_date from {relation}
    where "window" in ('1W', '1M') and anchor_date = ? order by position, sessions
"""
MEMBERS = """
    with days as (
        select m.symbol, m.trade_date, m.total_return_pct, f.pressure_pct * f.turnover_usd as weighted, f.turnover_usd,
            row_number() over (partition by m.symbol order by m.trade_date desc) as age
        from marts.daily_metrics as m
        left join marts.money_flow_daily as f on m.symbol = f.symbol and m.trade_date = f.trade_date
        where m.trade_date <= ? and m.symbol = ?
    )
    select w.name as "window", w.days, max(d.trade_date) as newest,
        case when count(d.total_return_pct) = w.days
            then 100 * (exp(sum(ln(1 + d.total_return_pct / 100))) - 1) end as return_pct,
        case when count(d.weighted) = w.days and sum(d.turnover_usd) > 0
            then sum(d.weighted) / sum(d.turnover_usd) end as pressure_pct
    from (values ('1W', 5), ('1M', 21)) as w (name, days) inner join days as d on d.age <= w.days
    group by w.name, w.days
    having newest >= (select ? - cast(kind = 'crypto' as integer) from lake.instruments where symbol = ?)
    order by w.days
"""
_INTERNALS = "select * from marts.market_internals where trade_date = ?"
MACRO_VALUES = """
    select m.series_id, m.date, m.value, u.usd_factor, m.source,
        lag(m.value) over in_order as previous, lag(m.date) over in_order as previous_date
    from marts.macro_daily as m left join lake.universe_series as u on m.series_id = u.series_id
    where m.value is not null and m.date <= ?
    window in_order as (partition by m.series_id order by m.date)
    qualify row_number() over (partition by m.series_id order by m.date desc) = 1
"""
LIQUIDITY_FACTS = """
    select now.date, now.net_liquidity_usd, week_ago.net_liquidity_usd as previous
    from marts.net_liquidity as now left join marts.net_liquidity as week_ago on now.date = week_ago.date + 7
    where now.net_liquidity_usd is not null and now.date between ? and ? order by now.date desc limit 1
"""
LAST_DAY = "select symbol, to_at, change_pct from marts.symbol_stats_24h where to_at >= ? order by symbol"


def gather(query: NoteQuery, for_date: date, anchor: date, members: Sequence[str] = ()) -> list[Fact]:
    """
    The facts of `for_date`, in a fixed order; with `members` those of these symbols and of the whole market only.

    For a date before the anchor only what is kept per day is there: the pictures, macro and crypto's last day are
    those of the anchor, and would tell what was not known then.
    """
    facts = [*_of_symbols(query, for_date, members)]
    if for_date == anchor:
        facts += _of_nodes(query, for_date)
    for symbol in members:  # behind the nodes: a crypto node's window is that of the sessions
        facts += _of_member(query, symbol, for_date)
    facts += _of_internals(query, for_date)
    if for_date == anchor:
        facts += _of_macro(query, for_date)
        facts += _of_liquidity(query, for_date)
        facts += _of_crypto(query, for_date)
    others = set(symbols_of(query)) - set(members) if members else set()
    unique: dict[str, Fact] = {}
    for fact in facts:
        if fact.symbol not in others:
            unique.setdefault(fact.id, fact)
    return list(unique.values())


def _of_symbols(query: NoteQuery, day: date, members: Sequence[str]) -> Iterator[Fact]:
    symbols = query(_SYMBOLS, ())
    symbols = [s for s in symbols if s["symbol"] in members] if members else symbols[:MOST_SYMBOLS]
    newest: dict[str, NoteRow] = {}
    for row in query(_DAILY, (date.fromordinal(day.toordinal() - 1), day)):
        held = newest.get(str(row["symbol"]))
        if held is None or str(held["trade_date"]) < str(row["trade_date"]):
            newest[str(row["symbol"])] = row
    for each in symbols:
        symbol = str(each["symbol"])
        # a UTC day may not be over when the session is; a session's own row must be there
        if symbol in newest and (each["kind"] == "crypto" or newest[symbol]["trade_date"] == day):
            is_asked_for = symbol in members
            is_first, is_beside = bool(each["is_first"]) or is_asked_for, bool(each["is_beside"]) and not is_asked_for
            yield from _of_symbol(symbol, newest[symbol], is_first, is_beside)


def _of_symbol(symbol: str, row: NoteRow, is_first: bool, is_beside: bool) -> Iterator[Fact]:
    as_of = _iso(row["trade_date"])
    source = str(row["source"] or "marts.daily_prices")
    pressure = f"{symbol} buying pressure on the day, estimated"
    wanted = [
        ("close", f"{symbol} close", row["close"], "USD", source, not is_beside),
        ("return_pct", f"{symbol} return on the day", row["return_pct"], "percent", "marts.daily_metrics", True),
        ("rsi14", f"{symbol} 14-day RSI", row["rsi14"], "points", "marts.daily_metrics", symbol != _CASH),
        ("ma30", f"{symbol} 30-day mean close", row["ma30"], "USD", "marts.daily_metrics", is_first),
        ("pressure_pct", pressure, row["pressure_pct"], PRESSURE, "marts.money_flow_daily", is_first),
    ]
    for metric, name, value, unit, origin, is_wanted in wanted:
        if is_wanted and not (symbol == _CASH and metric == "ma30"):
            day = "1D." if metric in ("return_pct", "pressure_pct") else ""
            yield from _fact(f"{symbol}.{day}{metric}", name, value, unit, as_of, symbol, origin)


def _of_member(query: NoteQuery, symbol: str, day: date) -> Iterator[Fact]:
    """A week and a month of one symbol's own days up to the day (a coin's: or the day before), for its own scope."""
    for row in query(MEMBERS, (day, symbol, day, symbol)):
        window, source, as_of = str(row["window"]), "marts.daily_metrics", _iso(row["newest"])
        name = f"{symbol} {window} return"
        yield from _fact(f"{symbol}.{window}.return_pct", name, row["return_pct"], "percent", as_of, symbol, source)
        yield from _fact(
            f"{symbol}.{window}.pressure_pct", f"{symbol} {window} buying pressure, estimated", row["pressure_pct"],
            PRESSURE, as_of, symbol, "marts.money_flow_daily",
        )  # fmt: skip


def _of_nodes(query: NoteQuery, anchor: date) -> Iterator[Fact]:
    for relation in ("marts.region_nodes", "marts.asset_nodes"):
        for row in query(_NODES.format(relation=relation), (anchor,)):
            node, symbol, window = str(row["node"]), str(row["symbol"]), str(row["window"])
            label, as_of = f"{node} ({symbol}) {window}", _iso(row["anchor_date"])
            yield from _fact(
                f"{symbol}.{window}.return_pct",
                f"{label} return",
                row["return_pct"],
                "percent",
                as_of,
                symbol,
                relation,
            )
            yield from _fact(
                f"{symbol}.{window}.pressure_pct", f"{label} buying pressure, estimated", row["pressure_pct"],
                PRESSURE, as_of, symbol, relation,
            )  # fmt: skip


def _of_internals(query: NoteQuery, day: date) -> Iterator[Fact]:
    source = "marts.market_internals"
    for row in query(_INTERNALS, (day,))[:1]:
        as_of, vix_at = _iso(row["trade_date"]), _iso(row["vix_date"] or row["trade_date"])
        for metric, name, unit in (
            ("symbols", "US symbols counted", "count"),
            ("advancers", "symbols that advanced", "count"),
            ("decliners", "symbols that declined", "count"),
            ("breadth", "breadth, advancers less decliners as a share of all", "ratio"),
            ("pressure_pct", "buying pressure of all symbols, estimated", PRESSURE),
            ("momentum_score", "momentum score", "ratio"),
            ("correlation_strength", "mean correlation of the nodes", "ratio"),
        ):
            yield from _fact(f"market.{metric}", name, row[metric], unit, as_of, None, source)
        yield from _fact("VIXCLS.value", "VIX", row["vix"], "points", vix_at, "VIXCLS", source)
        percentile = _scaled(row["vix_percentile"], 100)
        name = "percentile of the VIX among its last 252 values"
        yield from _fact("VIXCLS.percentile", name, percentile, "percentile", vix_at, "VIXCLS", source)


def _of_macro(query: NoteQuery, day: date) -> Iterator[Fact]:
    rows = {str(row["series_id"]): row for row in query(MACRO_VALUES, (day,))}
    for series_id, (name, unit, with_change) in _MACRO.items():
        row, longest = rows.get(series_id), max_age_days(series_id)
        if row is None or not _is_current(day, row["date"], longest):
            continue
        scale = _number(row["usd_factor"], 1.0) / _BILLION if unit == "USD bn" else 1.0
        as_of, source = _iso(row["date"]), str(row["source"])
        value = _scaled(row["value"], scale)
        yield from _fact(f"{series_id}.value", name, value, unit, as_of, series_id, source)
        if with_change and _is_current(row["date"], row["previous_date"], longest):
            change = _number(row["value"]) - _number(row["previous"])
            yield from _fact(
                f"{series_id}.change", f"change of the {name} since the observation before", round(change, 10),
                CHANGE_UNITS.get(unit, unit), as_of, series_id, source,
            )  # fmt: skip


def _of_liquidity(query: NoteQuery, day: date) -> Iterator[Fact]:
    for row in query(LIQUIDITY_FACTS, (day - timedelta(days=MAX_AGE_DAYS["W"]), day)):
        as_of, value = _iso(row["date"]), _number(row["net_liquidity_usd"]) / _BILLION
        source = "marts.net_liquidity"
        yield from _fact("net_liquidity.value", "net liquidity", value, "USD bn", as_of, None, source)
        if row["previous"] is not None:
            change = value - _number(row["previous"]) / _BILLION
            name = "change of net liquidity over the week"
            yield from _fact("net_liquidity.change", name, change, "USD bn", as_of, None, source)


def _of_crypto(query: NoteQuery, day: date) -> Iterator[Fact]:
    for row in query(LAST_DAY, (day - timedelta(days=MAX_AGE_DAYS["D"]),)):
        symbol, at = str(row["symbol"]), _iso(row["to_at"])
        name = f"{symbol} change over the last 24 hours"
        yield from _fact(
            f"{symbol}.24h.change_pct", name, row["change_pct"], "percent", at, symbol, "marts.symbol_stats_24h"
        )


def _fact(id_: str, name: str, value: object, unit: str, as_of: str, symbol: str | None, source: str) -> Iterable[Fact]:
    """The fact, or nothing where the marts have no value."""
    if not isinstance(value, int | float) or value != value:
        return ()
    return (Fact(id_, name, rounded(float(value)), unit, as_of, symbol, source),)


def _is_current(day: object, at: object, longest: int) -> bool:
    return isinstance(day, date) and isinstance(at, date) and is_current(day, at, longest)


def _number(value: object, default: float = 0.0) -> float:
    return float(value) if isinstance(value, int | float) else default


def _scaled(value: object, scale: float) -> float | None:
    return value * scale if isinstance(value, int | float) else None


def _iso(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds") + "Z"
    return value.isoformat() if isinstance(value, date) else str(value)


def symbols_of(query: NoteQuery) -> tuple[str, ...]:
    """Every symbol of the universe that has prices, in the order of the facts."""
    return tuple(str(row["symbol"]) for row in query(_SYMBOLS, ()))


def known_names(query: NoteQuery) -> Sequence[str]:
    """Every symbol and series that a text may name."""
    return [str(row["symbol"]) for row in query("select distinct symbol from lake.instruments order by symbol", ())]
