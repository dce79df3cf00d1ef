"""
All that a run may know of its surroundings, frozen: the tables of `mfo.toml`, the chains, the folders, the keys.

Keys stand in no repr. `etl.config.loader` reads them.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from pydantic import SecretStr

from etl.config.schema import SettingsSection, Tables, Universe
from etl.errors import SettingsWrong, UsageWrong

KEY_VARIABLES = (
    "ALPHA_VANTAGE_API_KEY",
    "FRED_API_KEY",
    "OPENAI_API_KEY",
    "TWELVE_DATA_API_KEY",
    "FMP_API_KEY",
    "FINNHUB_API_KEY",
    "ALPACA_API_KEY",
    "ALPACA_SECRET_KEY",
    "COINGECKO_API_KEY",
)
BASE_URL_VARIABLES = (
    "ALPHA_VANTAGE_BASE_URL",
    "FRED_BASE_URL",
    "FRED_GRAPH_BASE_URL",
    "BINANCE_BASE_URL",
    "BINANCE_ARCHIVE_BASE_URL",
    "YAHOO_BASE_URL",
    "TWELVE_DATA_BASE_URL",
    "FMP_BASE_URL",
    "ALPACA_BASE_URL",
    "FINNHUB_BASE_URL",
    "COINGECKO_BASE_URL",
    "OPENAI_BASE_URL",
)
OTHER_VARIABLES = ("OPENAI_MODEL", "MFO_DATA_DIR", "MFO_NOW", "MFO_TIMEZONE", "MFO_SITE_URL", "MFO_CONFIG")

CHAINS: dict[str, list[str]] = {
    "equity_daily": ["alpha_vantage", "yahoo", "twelve_data", "fmp", "alpaca"],
    "equity_history": ["yahoo", "twelve_data", "alpaca", "fmp", "alpha_vantage"],
    "equity_intraday": ["alpha_vantage", "alpaca"],
    "actions": ["yahoo", "alpha_vantage"],
    "macro": ["fred", "fred_graph", "alpha_vantage"],
    "series": ["fred"],
    "crypto_1m": ["binance"],
    "crypto_1d": ["binance", "alpha_vantage", "yahoo"],
    "order_book": ["binance"],
    "equity_quote": ["finnhub"],
    "crypto_quote": ["coingecko"],
}


PREMIUM = {"equity_intraday": "alpha_vantage"}  # who gives it to those who pay only

PORTFOLIO = "portfolio"


@dataclass(frozen=True, slots=True)
class Scope:
    """Whom a note is about: the whole portfolio, a watchlist's members, or one symbol."""

    name: str = PORTFOLIO
    members: tuple[str, ...] = ()


class Settings(SettingsSection):
    """All that a run may know of its surroundings."""

    source: str  # the file that was read, or "defaults"
    data_dir: Path
    timezone: str
    site_url: str | None = None  # where others read the site folder; no slash at its end
    now: datetime | None  # MFO_NOW: an instant that stands still
    demo: bool
    openai_model: str
    tables: Tables
    keys: dict[str, SecretStr]
    base_urls: dict[str, str]

    @property
    def universe(self) -> Universe:
        """What is watched."""
        return self.tables.universe

    def chain(self, dataset: str) -> list[str]:
        """The providers of a dataset, first source first; without what only a premium key is given."""
        names = self.tables.chains.get(dataset, CHAINS[dataset])
        return [name for name in names if PREMIUM.get(dataset) != name or self.is_premium(name)]

    def is_premium(self, provider: str) -> bool:
        """Whether the key of a provider is a paid one, by the settings."""
        return {"alpha_vantage": self.tables.extract.alpha_vantage_is_premium}.get(provider, False)

    def symbols_named(self, name: str) -> list[str]:
        """
        One symbol or series of the universe, or all of a watchlist.

        Raises:
            UsageWrong: no such symbol, series or watchlist.
        """
        if name in self.tables.watchlists:
            return self.tables.watchlists[name]
        known = [*self.universe.symbols(), *self.universe.series]
        if name.upper() not in known:
            lists = ", ".join(self.tables.watchlists) or "none"
            raise UsageWrong(f"no symbol {name!r} in the universe; known: {', '.join(known)}; watchlists: {lists}")
        return [name.upper()]


def data_folder(name: str) -> Path:
    """The folder `sql`, `prompts` or `dashboard`: inside the wheel, or at the checkout's root."""
    packed = Path(__file__).parents[1] / "_data" / name
    return packed if packed.is_dir() else Path(__file__).parents[2] / name


def parse_instant(text: str, where: str, error: type[SettingsWrong] | type[UsageWrong] = UsageWrong) -> datetime:
    """
    An ISO instant such as 2025-11-01T03:43:00Z, or a date (its last moment, UTC), as UTC.

    Raises:
        UsageWrong or SettingsWrong: whichever `error` is.
    """
    try:
        if len(text) == 10:
            day = date.fromisoformat(text)
            return datetime(day.year, day.month, day.day, 23, 59, 59, 999999, tzinfo=UTC)
        instant = datetime.fromisoformat(text)
        in_utc = instant.astimezone(UTC)
    except (ValueError, OverflowError):
        raise error(f"{where}: {text!r} is not an instant; allowed: 2025-11-01T03:43:00Z or 2025-11-01") from None
    if instant.tzinfo is None:
        raise error(f"{where}: {text!r} names no time zone; write 2025-11-01T03:43:00Z")
    return in_utc


def scope_of(
    settings: Settings, name: str, where: str, error: type[SettingsWrong] | type[UsageWrong] = UsageWrong
) -> Scope:
    """
    Whom a note is about: the portfolio, a watchlist's symbols, or one symbol.

    Raises:
        UsageWrong or SettingsWrong: whichever `error` is; `where` names the option or setting.
    """
    symbols, watchlists = settings.universe.symbols(), settings.tables.watchlists
    if name == PORTFOLIO:
        return Scope()
    members = tuple(symbol for symbol in watchlists.get(name, ()) if symbol in symbols)
    if members:
        return Scope(name, members)
    if name.upper() in symbols:
        return Scope(name.upper(), (name.upper(),))
    allowed = ", ".join((PORTFOLIO, *watchlists, *symbols))
    raise error(f"{where}: {name!r} is no watchlist with a symbol and no symbol; allowed: {allowed}")
