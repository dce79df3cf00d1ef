"""
The configuration as rows: the universe, its groups, the series, the sources and the chains, as the warehouse has them.

Kept with each publication as JSON, so that a warehouse seen as of a past instant is seen with the universe of then.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from etl.config.settings import CHAINS, Settings
from etl.domain import Limits, Provider
from etl.market.releases import MACRO_SERIES
from etl.providers import PROVIDERS

ReferenceRows = list[dict[str, Any]]


def limits_of(settings: Settings) -> dict[str, Limits]:
    """Each provider's limits, of a premium key where it is one, with the settings' changes."""
    found = {}
    for name, provider in PROVIDERS.items():
        limits = provider.limits
        if provider.premium_limits and settings.is_premium(name):
            limits = provider.premium_limits
        override = settings.tables.limits.get(name)
        changed = {k: v for k, v in override.model_dump().items() if v is not None} if override else {}
        found[name] = Limits(**{**asdict(limits), **changed})
    return found


def configuration(settings: Settings, has_key: Callable[[Provider], bool]) -> dict[str, ReferenceRows]:
    """The rows of the configuration tables of sql/lake.sql, by relation."""
    return {
        "instruments": _instruments(settings),
        "nodes": _nodes("region", settings.universe.regions) + _nodes("asset", settings.universe.asset_classes),
        "universe_series": _series(settings),
        "sources": _sources(settings, has_key),
        "chains": [
            {"dataset": dataset, "source": source, "rank": rank}
            for dataset in CHAINS
            for rank, source in enumerate(settings.chain(dataset))
        ],
    }


def _instruments(settings: Settings) -> ReferenceRows:
    universe = settings.universe
    return [
        {
            "symbol": symbol,
            "name": universe.name_of(symbol),
            "kind": "crypto" if universe.is_crypto(symbol) else "equity",
            "is_watchlist": symbol in universe.stocks,
            "position": position,
        }
        for position, symbol in enumerate(universe.symbols())
    ]


def _nodes(picture: str, groups: Mapping[str, list[str]]) -> ReferenceRows:
    pairs = [(node, place, symbol) for node, symbols in groups.items() for place, symbol in enumerate(symbols)]
    return [
        {"picture": picture, "node": node, "symbol": symbol, "position": position, "is_first": place == 0}
        for position, (node, place, symbol) in enumerate(pairs)
    ]


def _series(settings: Settings) -> ReferenceRows:
    rows = []
    for position, series_id in enumerate(settings.universe.series):
        facts = MACRO_SERIES.get(series_id)
        rows.append(
            {
                "series_id": series_id,
                "unit": facts.unit if facts else None,
                "usd_factor": facts.usd_factor if facts else None,
                "is_revised": facts.is_revised if facts else True,
                "publishable": facts.publishable if facts else False,
                "terms": facts.terms if facts else "unknown to mfo: not published",
                "position": position,
            }
        )
    return rows


def _sources(settings: Settings, has_key: Callable[[Provider], bool]) -> ReferenceRows:
    limits = limits_of(settings)
    return [
        {
            "source": name,
            "title": provider.title,
            "terms": provider.terms.text,
            "terms_url": provider.terms.url,
            "publishable": provider.terms.publishable,
            "has_key": has_key(provider),
            "needs_key": provider.credential is not None and provider.credential.required,
            "per_day": limits[name].per_day,
            "day_zone": limits[name].day_zone,
            "cadence_hours": provider.cadence_hours,
            "position": position,
            "key_variables": provider.credential.variables if provider.credential else None,
        }
        for position, (name, provider) in enumerate(PROVIDERS.items())
    ]
