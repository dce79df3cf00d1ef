"""What the command line narrows a plan to, and which names in it and in the settings mean nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time

from etl.config.settings import CHAINS, PREMIUM, Settings, parse_instant, scope_of
from etl.errors import SettingsWrong, UsageWrong
from etl.providers import PROVIDERS


@dataclass(frozen=True, slots=True)
class Selection:
    """What the command line narrows a plan to. None is everything."""

    datasets: frozenset[str] | None = None
    provider: str | None = None
    symbols: frozenset[str] | None = None
    since: datetime | None = None
    force: bool = False


def check_names(settings: Settings) -> None:
    """
    Refuse chains, limits and watchlists that name no such dataset, provider or symbol.

    Raises:
        SettingsWrong: names the key and what is allowed.
    """
    for dataset, names in settings.tables.chains.items():
        if dataset not in CHAINS:
            raise SettingsWrong(f"{settings.source}: chains.{dataset}: unknown dataset; allowed: {', '.join(CHAINS)}")
        able = [p.name for p in PROVIDERS.values() if dataset in p.datasets]
        for name in names:
            if name not in able:
                raise SettingsWrong(
                    f"{settings.source}: chains.{dataset}: {name!r} cannot give it; allowed: {', '.join(able)}"
                )
        if names and not settings.chain(dataset):
            what = f"{PREMIUM[dataset]!r} gives it to premium keys only: set extract.alpha_vantage_is_premium = true"
            raise SettingsWrong(f"{settings.source}: chains.{dataset}: {what}")
    for name in settings.tables.limits:
        if name not in PROVIDERS:
            raise SettingsWrong(f"{settings.source}: limits.{name}: unknown provider; allowed: {', '.join(PROVIDERS)}")
    for name in settings.tables.notes.scopes:
        scope_of(settings, name, f"{settings.source}: notes.scopes", SettingsWrong)
    known = {*settings.universe.symbols(), *settings.universe.series}
    for name, symbols in settings.tables.watchlists.items():
        for symbol in symbols:
            if symbol not in known:
                raise SettingsWrong(f"{settings.source}: watchlists.{name}: {symbol!r} is not in the universe")


def selection_of(
    settings: Settings,
    only: str | None = None,
    symbols: Sequence[str] = (),
    since: str | None = None,
    *,
    datasets: frozenset[str] | None = None,
    force: bool = False,
) -> Selection:
    """
    The command line's words as a choice; symbols may be series or watchlists.

    Raises:
        UsageWrong: no such provider or symbol, or `since` is not a date.
    """
    if only and only not in PROVIDERS:
        raise UsageWrong(f"--only: no provider {only!r}; allowed: {', '.join(PROVIDERS)}")
    named = frozenset(symbol for name in symbols for symbol in settings.symbols_named(name))
    first = datetime.combine(parse_instant(since, "--since").date(), time(), UTC) if since else None
    return Selection(datasets, only, named or None, first, force or first is not None)
