"""The settings' shape: the product's universe, names for symbols, instants."""

from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from etl.config.loader import read_settings
from etl.config.schema import Extract, Tables, Universe
from etl.config.settings import CHAINS, Settings, data_folder, parse_instant
from etl.errors import SettingsWrong, UsageWrong
from etl.market.releases import MACRO_SERIES
from etl.providers import PROVIDERS

WATCHED = Tables(watchlists={"core": ["SPY", "TLT"], "SPY": ["QQQ"]})


@pytest.fixture
def settings(tmp_path, monkeypatch) -> Settings:
    """The defaults, with two watchlists."""
    monkeypatch.chdir(tmp_path)
    return read_settings({"MFO_DATA_DIR": str(tmp_path)}).model_copy(update={"tables": WATCHED})


def test_the_default_universe_fits_the_free_tiers():
    """25 Alpha Vantage calls a day hold one for each equity; every series is one that we know the facts of."""
    universe = Universe()
    equities = [symbol for symbol in universe.symbols() if not universe.is_crypto(symbol)]
    assert len(equities) == 16
    assert len(equities) <= (PROVIDERS["alpha_vantage"].limits.per_day or 0)
    assert universe.symbols().count("SPY") == 1
    assert set(universe.series) <= set(MACRO_SERIES)
    assert len(universe.series) == 19


def test_the_first_symbol_of_a_group_is_its_node():
    """As the product page has it."""
    universe = Universe()
    assert {name: symbols[0] for name, symbols in universe.regions.items()} == {
        "USA": "SPY",
        "China": "FXI",
        "Europe": "VGK",
        "Japan": "EWJ",
        "India": "INDA",
    }
    assert [symbols[0] for symbols in universe.asset_classes.values()] == ["SPY", "TLT", "GLD", "BTCUSDT", "BIL"]


def test_every_chain_names_providers_that_can_give_its_dataset():
    """A default that cannot work would be found by nobody but the user."""
    assert CHAINS
    for dataset, names in CHAINS.items():
        assert [name for name in names if dataset not in PROVIDERS[name].datasets] == []


def test_settings_cannot_be_changed_after_they_were_read(settings):
    """Frozen, all the way down."""
    with pytest.raises(ValidationError):
        settings.timezone = "UTC"
    with pytest.raises(ValidationError):
        settings.tables.extract.attempts = 9


def test_a_chain_of_the_file_takes_the_place_of_the_default(settings):
    """And the other datasets keep theirs."""
    changed = settings.model_copy(update={"tables": Tables(chains={"macro": ["fred_graph"]})})
    assert changed.chain("macro") == ["fred_graph"]
    assert changed.chain("crypto_1m") == CHAINS["crypto_1m"]


def test_a_name_is_a_watchlist_a_symbol_or_a_series(settings):
    """The user's own list goes before a symbol that is called the same."""
    assert settings.symbols_named("core") == ["SPY", "TLT"]
    assert settings.symbols_named("SPY") == ["QQQ"]
    assert settings.symbols_named("qqq") == ["QQQ"]
    assert settings.symbols_named("DGS10") == ["DGS10"]


def test_an_unknown_name_is_refused_with_those_that_exist(settings):
    """Usage, not an empty run."""
    with pytest.raises(UsageWrong, match=r"no symbol 'SPX' in the universe; known: SPY, QQQ.*; watchlists: core, SPY"):
        settings.symbols_named("SPX")


def test_a_symbol_without_a_name_is_called_by_itself():
    """Names of the file go before ours."""
    universe = Universe(names={"SPY": "Our own name"})
    assert [universe.name_of(s) for s in ("SPY", "QQQ", "XYZ")] == ["Our own name", "Nasdaq 100 ETF", "XYZ"]


def test_what_a_pair_is_follows_from_its_quote():
    """A symbol that ends so is crypto, any other is an equity."""
    assert Universe().is_crypto("BTCUSDT")
    assert not Universe().is_crypto("SPY")
    assert Universe(asset_classes={"Crypto": ["BTCUSDC"]}, crypto_quote="USDC").is_crypto("BTCUSDC")


@pytest.mark.parametrize("error", [UsageWrong, SettingsWrong])
@pytest.mark.parametrize("text", ["", "now", "2025-02-30", "2025-11-01 03:43", "2025-11-01T25:00:00Z"])
def test_what_is_no_instant_is_refused_by_where_it_stands(text, error):
    """An option is usage, a variable is a setting."""
    with pytest.raises(error, match=r"^--as-of: "):
        parse_instant(text, "--as-of", error)


def test_an_instant_is_read_as_utc():
    """With a zone; a date alone is its last moment, so that `--as-of 2025-11-01` holds that day."""
    assert parse_instant("2025-11-01T09:13:00+05:30", "x") == datetime(2025, 11, 1, 3, 43, tzinfo=UTC)
    assert parse_instant("2025-11-01", "x") == datetime(2025, 11, 1, 23, 59, 59, 999999, UTC)


def test_the_folders_of_the_wheel_are_found_in_a_checkout():
    """One function finds them."""
    assert (data_folder("sql") / "lake.sql").is_file()


def test_the_defaults_of_extraction_are_within_their_own_bounds():
    """A default is not validated by itself."""
    assert Extract.model_validate(Extract().model_dump()) == Extract()
    assert Tables.model_validate(Tables().model_dump()) == Tables()


@pytest.mark.parametrize("symbol", ["BRK.B", "BF-B", "VOD.L", "SHOP.TO", "1306.T", "A", "GBTC", "BTCUSDT", "HXS-U.TO"])
def test_what_a_source_may_call_a_symbol_is_one(symbol):
    """A share class, an exchange, a digit: some source has each."""
    assert Universe(stocks=[symbol]).stocks == [symbol]


@pytest.mark.parametrize(
    "symbol", ["^GSPC", "EURUSD=X", "brk.b", "BRK/B", "BRK.", ".B", "A..B", "-A", "SPY\n", "", "ABCDEFGH.IJKLMNOP"]
)
def test_what_is_no_symbol_is_refused_with_what_is(symbol):
    """An index or a rate has no turnover to sum up; nothing else fits into a file's name, a fact or an address."""
    with pytest.raises(ValidationError, match=r"is not a symbol; allowed: capital letters and digits, a dot or dash"):
        Universe(stocks=[symbol])


@pytest.mark.parametrize("quote", ["BTC", "EUR", "ETH", ""])
def test_a_quote_that_is_no_dollar_is_refused(quote):
    """Turnover in bitcoin would be summed up as dollars."""
    with pytest.raises(ValidationError, match=rf"pairs quoted in '{quote}' are no dollars; allowed: USD, USDC, USDT"):
        Universe(crypto_quote=quote)


@pytest.mark.parametrize("pair", ["ETHBTC", "BTCEUR", "BTCUSDC", "SOLTRY"])
def test_a_pair_in_another_quote_is_refused(pair):
    """It would be taken for an equity: no US ticker is that long."""
    with pytest.raises(ValidationError, match=rf"'{pair}' is longer than a US ticker and no pair quoted in USDT"):
        Universe(asset_classes={"Crypto": [pair], "Cash": ["BIL"]})
    assert Universe(asset_classes={"Crypto": ["BTCUSDC"]}, crypto_quote="USDC").is_crypto("BTCUSDC")


def test_two_spellings_of_one_symbol_are_refused():
    """They would be summed up twice."""
    with pytest.raises(ValidationError, match=r"'BRK\.B' and 'BRK-B' are one symbol"):
        Universe(stocks=["BRK.B", "BRK-B"])
