"""
The tables of `mfo.toml` and their defaults, frozen; an unknown or wrong key is refused with what is allowed.

With no file at all the defaults are the product's own universe.
"""

import re
from datetime import date
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

MEMORY = r"^[1-9]\d*(MB|GB)$"
MINUTES_ASKED_FOR = 30  # days: the most that a run asks for of minutes
SYMBOL = r"[A-Z0-9]+(?:[.-][A-Z0-9]+)*"  # of all that a setting, a note or a file's name may call so
LONGEST_SYMBOL, LONGEST_TICKER = 15, 5  # the latter of US equities, without a share class
DOLLARS = ("USD", "USDC", "USDT")  # what a pair may be quoted in: its turnover is summed up as dollars

_NAMES = {
    "SPY": "S&P 500 ETF",
    "QQQ": "Nasdaq 100 ETF",
    "IWM": "Russell 2000 ETF",
    "FXI": "China large caps ETF",
    "MCHI": "MSCI China ETF",
    "VGK": "Europe ETF",
    "EZU": "Eurozone ETF",
    "EWJ": "Japan ETF",
    "INDA": "India ETF",
    "TLT": "20+ year Treasuries ETF",
    "AGG": "US aggregate bonds ETF",
    "GLD": "Gold ETF",
    "DBC": "Commodities ETF",
    "BIL": "1-3 month T-bills ETF",
    "AAPL": "Apple",
    "MSFT": "Microsoft",
    "BTCUSDT": "Bitcoin in USDT",
    "ETHUSDT": "Ether in USDT",
    "BNBUSDT": "BNB in USDT",
}


class SettingsSection(BaseModel):
    """A table of `mfo.toml`: frozen, and no key in it that is not named here."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def _check_symbols(symbols: list[str]) -> None:
    for symbol in symbols:
        if not re.fullmatch(SYMBOL, symbol) or len(symbol) > LONGEST_SYMBOL:
            allowed = "capital letters and digits, a dot or dash between them"
            raise ValueError(f"{symbol!r} is not a symbol; allowed: {allowed}, at most {LONGEST_SYMBOL}")


class Universe(SettingsSection):
    """What is watched. Regions and asset classes are lists of symbols; the first one is the node."""

    regions: dict[str, list[str]] = {
        "USA": ["SPY", "QQQ", "IWM"],
        "China": ["FXI", "MCHI"],
        "Europe": ["VGK", "EZU"],
        "Japan": ["EWJ"],
        "India": ["INDA"],
    }
    asset_classes: dict[str, list[str]] = {
        "Stocks": ["SPY"],
        "Bonds": ["TLT", "AGG"],
        "Commodities": ["GLD", "DBC"],
        "Crypto": ["BTCUSDT", "ETHUSDT", "BNBUSDT"],
        "Cash": ["BIL"],
    }
    stocks: list[str] = ["AAPL", "MSFT"]
    crypto_quote: str = "USDT"  # a symbol that ends so is a crypto pair, any other is an equity
    series: list[str] = [
        "SP500",
        "NASDAQCOM",
        "VIXCLS",
        "DGS10",
        "DGS2",
        "T10Y2Y",
        "DTWEXBGS",
        "WALCL",
        "WTREGEN",
        "RRPONTSYD",
        "M2SL",
        "BAMLH0A0HYM2",
        "DCOILWTICO",
        "DEXCHUS",
        "DEXUSEU",
        "DEXJPUS",
        "CPIAUCSL",
        "UNRATE",
        "FEDFUNDS",
    ]
    names: dict[str, str] = {}

    @field_validator("regions", "asset_classes")
    @classmethod
    def _no_empty_group(cls, groups: dict[str, list[str]]) -> dict[str, list[str]]:
        for name, symbols in groups.items():
            if not symbols:
                raise ValueError(f"{name!r} has no symbol")
            _check_symbols(symbols)
        return groups

    @field_validator("stocks", "series")
    @classmethod
    def _symbols(cls, symbols: list[str]) -> list[str]:
        _check_symbols(symbols)
        return symbols

    @field_validator("crypto_quote")
    @classmethod
    def _quoted_in_dollars(cls, quote: str) -> str:
        if quote not in DOLLARS:
            raise ValueError(f"sums of pairs quoted in {quote!r} are no dollars; allowed: {', '.join(DOLLARS)}")
        return quote

    @model_validator(mode="after")
    def _each_an_equity_or_a_pair_in_dollars(self) -> "Universe":
        spelled: dict[str, str] = {}
        for symbol in self.symbols():
            if symbol.isalnum() and len(symbol) > LONGEST_TICKER and not self.is_crypto(symbol):
                pair = f"no pair quoted in {self.crypto_quote} (crypto_quote): what it sums up to would be no dollars"
                raise ValueError(f"{symbol!r} is longer than a US ticker and {pair}")
            other = spelled.setdefault(symbol.replace("-", "."), symbol)
            if other != symbol:
                raise ValueError(f"{other!r} and {symbol!r} are one symbol; leave one of them out")
        return self

    def symbols(self) -> list[str]:
        """Every symbol once, in the order of the page: regions, asset classes, stocks."""
        groups = [*self.regions.values(), *self.asset_classes.values(), self.stocks]
        return list(dict.fromkeys(symbol for group in groups for symbol in group))

    def is_crypto(self, symbol: str) -> bool:
        """Whether a symbol is a crypto pair, by its quote currency."""
        return symbol.endswith(self.crypto_quote)

    def name_of(self, symbol: str) -> str:
        """The symbol's display name; the symbol itself where none is known."""
        return self.names.get(symbol) or _NAMES.get(symbol, symbol)


class LimitOverride(SettingsSection):
    """What a setting may change of a provider's limits; None keeps the free tier's own."""

    per_day: int | None = Field(default=None, ge=0)
    reserve: int | None = Field(default=None, ge=0)  # calls of each day that backfill leaves to the daily run
    per_minute: int | None = Field(default=None, ge=1)
    spacing_s: float | None = Field(default=None, ge=0)
    weight: int | None = Field(default=None, ge=1)
    weight_window_s: float | None = Field(default=None, gt=0)
    timeout_s: float | None = Field(default=None, gt=0)
    parallel: int | None = Field(default=None, ge=1, le=16)


class Extract(SettingsSection):
    """How far back, how often again, how stubborn."""

    history_from: date = date(2015, 1, 1)
    macro_from: date = date(2010, 1, 1)
    crypto_daily_from: date = date(2024, 1, 1)
    crypto_minutes_days: float = Field(default=2.0, gt=0, le=MINUTES_ASKED_FOR)
    macro_fresh_hours: float = Field(default=6.0, ge=0)
    late_again_hours: float = Field(default=3.0, gt=0)  # a session that is not out yet is asked for again after this
    order_book_fresh_minutes: float = Field(default=5.0, ge=0)
    series_fresh_days: float = Field(default=30.0, ge=0)
    series_per_day: int = Field(default=10, ge=0)  # metadata calls, so that they never set a run's length
    gaps_per_run: int = Field(default=20, ge=0)  # suspected gaps that a run asks for again
    attempts: int = Field(default=3, ge=1, le=10)
    alpha_vantage_is_premium: bool = False  # the key is paid for: no daily cap, and bars of five minutes


class Notes(SettingsSection):
    """The model's call, what it may cost, whom the daily notes are about, and how good the data must be for calls."""

    temperature: float = Field(default=0.2, ge=0, le=2)
    max_tokens: int = Field(default=500, ge=50)
    tokens_per_day: int = Field(default=100_000, ge=0)
    usd_per_million_prompt: float | None = Field(default=None, ge=0)  # the model's prices; else no cost is known
    usd_per_million_completion: float | None = Field(default=None, ge=0)
    usd_per_day: float | None = Field(default=None, ge=0)
    timeout_s: float = Field(default=60.0, gt=0)
    least_confidence: float = Field(default=60.0, ge=0, le=100)  # of the data, for a recommendation to be published
    scopes: list[str] = ["portfolio"]  # and watchlists or symbols: each has its note in the daily run
    knowledge: Path | None = None  # a folder of markdown notes, quoted with their names

    @model_validator(mode="after")
    def _prices_for_a_budget(self) -> "Notes":
        prices = (self.usd_per_million_prompt, self.usd_per_million_completion)
        if self.usd_per_day is not None and None in prices:
            raise ValueError("usd_per_day needs usd_per_million_prompt and usd_per_million_completion")
        return self


class Run(SettingsSection):
    """How long `run-daily` and `maintain` wait for a run that holds the lock: 0 is not at all."""

    wait_minutes: float = Field(default=10.0, ge=0)


class QuerySettings(SettingsSection):
    """What a query of the user's may take: seconds (0: no limit), and memory."""

    timeout_s: float = Field(default=300.0, ge=0)
    memory: str = Field(default="2GB", pattern=MEMORY)


class Retention(SettingsSection):
    """After how many days `maintain` moves what is old; 0 is never."""

    minute_bars_days: int = Field(default=90, ge=0)  # in the warehouse; Parquet keeps all
    order_books_days: int = Field(default=30, ge=0)  # likewise
    check_results_days: int = Field(default=30, ge=0)  # of checks that passed; failures stay
    answers_archived_after_days: int = Field(default=7, ge=0)  # a zip for each provider and day
    answers_dropped_after_days: int = Field(default=0, ge=0)  # their bodies; what was read of them stays in Parquet

    @model_validator(mode="after")
    def _long_enough(self) -> "Retention":
        if 0 < self.minute_bars_days <= MINUTES_ASKED_FOR:
            raise ValueError(f"minute_bars_days must be 0 or above {MINUTES_ASKED_FOR}, which a run may ask for anew")
        if 0 < self.answers_dropped_after_days <= (self.answers_archived_after_days or self.answers_dropped_after_days):
            raise ValueError("answers_dropped_after_days must be 0, or above answers_archived_after_days that is not 0")
        return self


class Site(SettingsSection):
    """Where the site folder can be read by others; without it, addresses in it are relative."""

    base_url: str | None = None


class Tables(SettingsSection):
    """The whole of `mfo.toml`."""

    data_dir: Path | None = None
    timezone: str | None = None
    openai_model: str = Field(default="gpt-6-luna", min_length=1)  # the one place that names the default
    universe: Universe = Universe()
    watchlists: dict[str, list[str]] = {}
    chains: dict[str, list[str]] = {}
    limits: dict[str, LimitOverride] = {}
    extract: Extract = Extract()
    notes: Notes = Notes()
    run: Run = Run()
    query: QuerySettings = QuerySettings()
    retention: Retention = Retention()
    site: Site = Site()
