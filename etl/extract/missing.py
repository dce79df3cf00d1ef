"""
The history that a user asks for, less what is held: which files and pages are still to be asked for, and their price.

Pure: what was answered before comes in as rows of the ledger. A span counts as held where a good answer speaks of it,
whoever asked for it and whenever, so that an interrupted backfill goes on where it was.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any

from etl.config.settings import Settings, parse_instant
from etl.domain import ACTIONS, CRYPTO_1D, CRYPTO_1M, EQUITY_DAILY, EQUITY_HISTORY, DataRequest, Limits, Request, Span
from etl.errors import UsageWrong
from etl.extract.due import COARSER
from etl.extract.planner import Task
from etl.market.sessions import Session, sessions
from etl.market.spans import LENGTHS, span_asked
from etl.providers import PROVIDERS
from etl.providers.binance import OPENED, Binance
from etl.providers.binance_archive import BinanceArchive
from etl.providers.protocol import ColumnarProvider, ListingProvider
from etl.runtime.progress import calls_of, least_seconds
from etl.state.answered_requests import AnsweredRequest

BINANCE, ARCHIVE = Binance(), BinanceArchive()
CANDLE_DATASETS = {"1m": CRYPTO_1M, "1d": CRYPTO_1D}
# a day's candles come a thousand to a page, but thirty to a file: files are for minutes
CANDLE_CHAINS: dict[str, tuple[str, ...]] = {CRYPTO_1M: (ARCHIVE.name, BINANCE.name), CRYPTO_1D: (BINANCE.name,)}


@dataclass(frozen=True, slots=True)
class BackfillRange:
    """What is wanted of one symbol, and whom to ask for it, in order."""

    dataset: str
    symbol: str
    span: Span
    chain: tuple[str, ...]

    @property
    def is_crypto(self) -> bool:
        """Whether its bars are candles, which lie on a grid, and not sessions."""
        return self.dataset != EQUITY_HISTORY


def wanted(
    settings: Settings, name: str, interval: str | None, since: str, until: str | None, only: str | None, now: datetime
) -> list[BackfillRange]:
    """
    The command line's words as histories, one for each symbol of a name.

    Raises:
        UsageWrong: no such symbol, interval, provider or date.
    """
    symbols = settings.symbols_named(name)
    first = datetime.combine(parse_instant(since, "--from").date(), time(), UTC)
    last = min(parse_instant(until, "--to") + timedelta(microseconds=1), now) if until else now
    if first >= last:
        raise UsageWrong(f"--from: {first.date()} is not before {last:%Y-%m-%d}")
    return [_history(settings, symbol, interval, (first, last), only) for symbol in symbols]


def _history(settings: Settings, symbol: str, interval: str | None, span: Span, only: str | None) -> BackfillRange:
    if symbol in settings.universe.series:
        raise UsageWrong(f"{symbol} is a macro series: `mfo extract --symbol {symbol} --since D` reads it whole")
    is_crypto = settings.universe.is_crypto(symbol)
    allowed = ("1m", "1d") if is_crypto else ("1d",)
    interval = interval or allowed[0]
    if interval not in allowed:
        raise UsageWrong(f"--interval: {interval!r} of {symbol}; allowed: {', '.join(allowed)}")
    dataset = CANDLE_DATASETS[interval] if is_crypto else EQUITY_HISTORY
    able = (ARCHIVE.name, BINANCE.name) if is_crypto else [p.name for p in PROVIDERS.values() if dataset in p.datasets]
    able = [name for name in able if name != COARSER.get(dataset)]  # weeks are no history of days
    chain = CANDLE_CHAINS[dataset] if is_crypto else tuple(name for name in settings.chain(dataset) if name in able)
    if only and only not in able:
        raise UsageWrong(f"--only: {only!r} does not give the history of {symbol}; allowed: {', '.join(able)}")
    return BackfillRange(dataset, symbol, span, (only,) if only else chain)


def still_missing(history: BackfillRange, answered: Sequence[AnsweredRequest]) -> list[Span]:
    """The spans of closed candles that no good answer speaks of yet, from the symbol's first candle on."""
    length = LENGTHS[_interval(history)]
    first, last = history.span
    first = max(first, OPENED, listed_at(history, answered) or OPENED)
    spans: list[Span] = [(first, last - (last - OPENED) % length)]
    for said in answered:
        for held in _held(said, length):
            spans = [rest for span in spans for rest in _without(span, held)]
    return [span for span in spans if span[0] < span[1]]


def listed_at(history: BackfillRange, answered: Iterable[AnsweredRequest]) -> datetime | None:
    """The symbol's first candle, where it was asked for."""
    probes = {probe.params for probe in first_candles(history)}
    return next((each.newest_at for each in answered if each.params in probes), None)


def first_candles(history: BackfillRange) -> list[Request]:
    """The request for the symbol's first candle, of those of the chain who have one."""
    sources = [PROVIDERS[name] for name in history.chain]
    return [s.first_candle(history.dataset, history.symbol) for s in sources if isinstance(s, ListingProvider)]


def requests(
    history: BackfillRange, missing: Sequence[Span], now: datetime, failed: frozenset[Request]
) -> list[Request]:
    """Files where the archive has whole ones, pages for all the rest; what failed in this run is not asked again."""
    found: list[Request] = []
    rest = list(missing)
    for name in history.chain:
        for first, last in list(rest):
            for request in PROVIDERS[name].plan(DataRequest(history.dataset, history.symbol, first, last), now):
                span = span_of(request.provider, request.path, request.params)
                if request not in failed and span is not None:
                    found.append(request)
                    rest = [part for one in rest for part in _without(one, span)]
    return found


def span_of(provider: str, path: str, params: tuple[tuple[str, str], ...]) -> Span | None:
    """The instants that a request speaks of, where it is one for candles."""
    source = PROVIDERS.get(provider)
    return source.span(path, dict(params)) if isinstance(source, ColumnarProvider) else None


def _interval(history: BackfillRange) -> Any:
    return next(interval for interval, dataset in CANDLE_DATASETS.items() if dataset == history.dataset)


def _held(said: AnsweredRequest, length: timedelta) -> list[Span]:
    """What a good answer speaks of: its span up to the last candle that had closed, less what it says is missing."""
    span = span_of(said.provider, said.path, said.params)
    if span is None:
        return []
    last = min(span[1], said.answered_at)
    held: list[Span] = [(span[0], last - (last - OPENED) % length)]
    for gap in said.missing:
        held = [rest for one in held for rest in _without(one, gap)]
    return held


def _without(span: Span, held: Span) -> list[Span]:
    """A span less another."""
    if held[1] <= span[0] or span[1] <= held[0]:
        return [span]
    parts = [(span[0], held[0]), (held[1], span[1])]
    return [(first, last) for first, last in parts if first < last]


def price(asked: Sequence[Request], limits: dict[str, Limits], used: dict[str, int]) -> list[dict[str, Any]]:
    """A row for each provider: calls, weight, the seconds that its limits make of it, the days that its quota does."""
    rows = []
    for name in dict.fromkeys(request.provider for request in asked):
        mine, limit = [request for request in asked if request.provider == name], limits[name]
        calls = calls_of(mine)
        weight = sum(request.weight for request in mine) if limit.weight else 0
        seconds = least_seconds(calls, limit, weight)
        a_day = None if limit.per_day is None else max(0, limit.per_day - limit.reserve)
        left = None if a_day is None else max(0, a_day - used.get(name, 0))
        days = None if a_day is None or left is None else _days(calls, left, a_day)
        rows.append({"provider": name, "calls": calls, "weight": weight, "seconds": round(seconds, 1)})
        rows[-1] |= {"left_today": left, "kept_for_the_daily_run": limit.reserve, "days": days}
    return rows


def _days(calls: int, left: int, a_day: int) -> int | None:
    """Days until a quota has given so many calls, today included; None for never."""
    if calls <= left:
        return 1
    return None if a_day == 0 else 1 + -(-(calls - left) // a_day)


def priced_lines(rows: Sequence[dict[str, Any]]) -> list[str]:
    """The price for people."""
    said = []
    for row in rows:
        weight = f", weight {row['weight']}" if row["weight"] else ""
        quota = ""
        if row["left_today"] is not None:
            days = "never: the daily run needs all of its calls" if row["days"] is None else f"{row['days']} days"
            kept = row["kept_for_the_daily_run"]
            quota = f"; {row['left_today']} calls left today ({kept} kept for the daily run): {days}"
        said.append(f"{row['provider']:>15}  {row['calls']} calls{weight}, {row['seconds']:g} s by its limits{quota}")
    return said or ["everything of it is held: nothing to ask for"]


SESSION_DATASETS = (EQUITY_HISTORY, EQUITY_DAILY, ACTIONS)  # whose answers hold days
ONE_CALL = 100  # sessions between two holes: one call for both costs less than two


def sessions_missing(history: BackfillRange, answered: Sequence[AnsweredRequest]) -> list[Span]:
    """Spans from the open of a session to the close of another, between which no good answer speaks of some."""
    first, last = history.span
    spans = [span for said in answered for span in _spoken_of(said)]
    wanted = [one for one in sessions(first.date(), last.date()) if first <= one.opened_at and one.ready_at <= last]
    holes: list[list[int]] = []
    for place, session in enumerate(wanted):
        if _is_held(session, spans):
            continue
        if holes and place - holes[-1][1] <= ONE_CALL:
            holes[-1][1] = place
        else:
            holes.append([place, place])
    return [(wanted[start].opened_at, wanted[end].closed_at) for start, end in holes]


def tasks(history: BackfillRange, answered: Sequence[AnsweredRequest]) -> list[Task]:
    """A task for each hole, of those of the chain who give anything of it."""
    found = []
    for span in sessions_missing(history, answered):
        want = DataRequest(history.dataset, history.symbol, *span)
        chain = tuple(name for name in history.chain if PROVIDERS[name].plan(want, history.span[1]))
        found += [Task(want, chain, "its history was asked for")] if chain else []
    return found


def _spoken_of(said: AnsweredRequest) -> Iterable[Span]:
    """The spans of days that a good answer speaks of: what its request names, less what its page left out."""
    first, last = span_asked(dict(said.params))
    if first is None:
        return []
    cut_off = max((gap[1] for gap in said.missing), default=first)
    return [(max(first, cut_off), min(last or said.answered_at, said.answered_at))]


def _is_held(session: Session, spans: Sequence[Span]) -> bool:
    return any(first <= session.opened_at and session.ready_at <= last for first, last in spans)
